shell-skip = 跳到正文
shell-development = 正在使用开发密钥：任何人都可能伪造证明，请勿用于真实办事。
shell-unreviewed = Gij Vahcuengh neix lij caengz miz vunz yawhgvaq. 壮文尚未经母语者审校。
shell-languages = 语言和字号
shell-large = 长辈版（大字）
shell-normal = 标准字号
