# Prepared, not reviewed by a speaker. What is missing is said in Chinese.
shell-unreviewed = Gij Vahcuengh neix lij caengz miz vunz yawhgvaq. 壮文尚未经母语者审校。
