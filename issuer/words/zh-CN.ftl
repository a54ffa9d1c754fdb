nav = 本窗口
nav-find = 查找人员
nav-lists = 批量名单
nav-proposals = 待复核事项
nav-audit = 操作记录

find-title = 查找人员
find-person = 公民身份号码或姓名
find-what = 输入完整的身份号码，或姓名的开头几个字。
find-go = 查找
find-nobody = 没有找到。请核对号码或姓名；本部门的记录里可能还没有此人。
find-several = 找到 { $count } 人，请选择
find-cut = 只显示前面一部分，请输入更完整的姓名或身份号码。

person-waits = “待复核事项”中有一项：{ $act }。

card-state = 状态
card-position = 账本位置
card-entry = 日志第 { $entry } 条
card-validity = 有效期
card-pending = 有一项变更已发往账本，正在等待答复。
card-no-record = 本部门没有此人的这类记录。
card-differs = 记录与凭证不一致：凭证里仍是旧的内容。可在“更正”中换发。
card-field = 项目
card-record = 部门记录
card-says = 凭证内容

state-none = 未发凭证
state-active = 有效
state-expired = 已过期
state-suspended = 已暂停
state-revoked = 已撤销
state-replaced = 已由新的取代

offer-make = 发凭证（出示二维码）
offer-title = 领取凭证
offer-scan = 请用钱包扫描
offer-until = { $until } 前有效
offer-link = 不能扫码时：领取链接
offer-number = 领取码（口头告知）
offer-number-what = 请当面告诉本人，不要打印，也不要与二维码一起发送。
offer-look = 查看领取情况
offer-back = 返回此人

paper-title = 没有手机：打印密封纸
paper-what = 为没有手机的市民打印一张二维码，内容已加密，到办事窗口时凭本人的口令打开。此前发给本人的同类凭证（包括钱包里的）随即失效。
paper-make = 生成密封纸
paper-until = 有效期至 { $until }
paper-qr = 密封的二维码
paper-how = 办事时把这张纸交给窗口扫描，并说出您的口令。纸上没有姓名，别人捡到也打不开。
paper-lost = 遗失请尽快告知发证部门，凭证即予撤销。
paper-code = 口令（口头告知）
paper-code-what = 请当面告诉本人并请其记住。不会打印在纸上，也不留存；忘记了只能重新打印。
paper-print = 打印
paper-once = 本页只显示这一次，离开后无法再看。

progress-waiting = 等待扫码……
progress-redeemed = 已扫码，正在领取……
progress-received = 已领取
progress-locked = 领取码多次错误，邀约已锁定，请重新发放
progress-ended = 邀约已失效

status-title = 暂停、恢复或撤销
correct-title = 更正
correct-optional = （可不填）
correct-what = 更正后，旧凭证随即撤销，并换发新凭证；本人钱包下次同步时领到。
correct-go = 更正并换发

reason = 原因
reason-other = 其他原因代码（填写后以此为准）
reason-public = 原因会公开写在账本上：只用代码，不写任何个人信息。
reason-applicant-request = 本人申请
reason-data-error = 数据有误
reason-moved = 住址变动
reason-lost-device = 手机遗失
reason-court-order = 法律文书
reason-deceased = 死亡
reason-fraud = 骗取凭证

act-find = 查找
act-view = 查看人员
act-offer = 发凭证
act-issue = 写入记录并发放
act-revoke = 撤销
act-suspend = 暂停
act-restore = 恢复
act-correct = 更正
act-propose = 提请复核
act-approve = 同意
act-decline = 不同意
act-upload = 上传名单
act-run = 办理名单
act-drop = 放弃名单
act-report = 下载结果
act-records = 导入记录
act-enrolments = 导入登记
act-paper = 打印密封纸
act-replace = 用新钱包替换原来的
act-reconcile = 与账本核对
act-sign-in = 登录
act-sign-in-failed = 登录未成功
act-sign-out = 退出登录

lists-title = 批量名单
lists-file = 名单文件
lists-file-what = CSV 文件，UTF-8 编码，首行为列名；必须有 id_number 一列，最多 { $most } 行。
lists-schema = 凭证
lists-act = 要做什么
lists-reason = 暂停、恢复、撤销时的原因
lists-alone = 撤销名单，以及一次变更超过 { $count } 份已发凭证的名单，要由另一位同事复核后才办理。
lists-preview = 上传并预览
lists-earlier = 以前的名单

list-preview = 预览：尚未办理
list-proposed = 等待另一位同事复核
list-running = 正在办理……
list-done = 已办完
list-dropped = 未办理
list-nothing-yet = 现在什么都还没有写入。请核对下面每一行再办理。
list-would = 将会
list-did = 结果
list-run = 办理这份名单
list-drop = 放弃
list-leave = 可以离开或关闭本页，办理会继续；中断后会从停下的地方接着办。
list-reload = 刷新
list-report = 下载结果（CSV）
list-lines = 逐行
list-line = 行
list-person = 身份号码
list-what = 结果
list-why = 原因
list-next = 下一页

preview-new = 首次发放
preview-replaces = 换发（旧凭证撤销）
preview-changes = 改变状态
preview-unchanged = 不变
preview-refused = 不予办理

outcome-done = 已办理
outcome-ledger_busy = 账本未答复，稍后自动重发
outcome-error = 系统错误
outcome-issued = 已发放
outcome-changed = 已办理
outcome-unchanged = 本来如此，未作改动
outcome-refused = 未办理

proposal-open = 等待复核
proposal-approved = 已同意
proposal-declined = 未同意
proposal-title = 待复核事项 { $id }
proposal-by = 提请人
proposal-decided = 复核人
proposal-approve = 同意并办理
proposal-decline = 不同意
proposal-again = 再次办理（账本上次未答复）
proposal-own = 这是您自己提请的，要由另一位同事同意。您可以撤回（不同意）。
proposal-credential = 将失效的凭证
proposal-print = 现在打印
proposal-print-what = 请在本人面前打印：密封纸和口令只显示一次，只给您看。
proposal-printer = 由提请人 { $clerk } 打印。
proposals-what = 撤销、替换现有凭证的密封纸和钱包，以及一次变更很多凭证的名单，要由另一位同事看过才办理。
proposals-none = 没有待复核事项。
proposals-unnamed = 本机没有设人员名单，分不清是不是两个人，所以这里不能同意任何事项。请管理员用 issuer clerk add 建立名单。

audit-when = 时间
audit-who = 经办
audit-act = 事项
audit-detail = 说明
audit-outcome = 结果
audit-no-outcome = 不明（中断）

failure-not-allowed = 不能打开
failure-not-found = 没有这一页
failure-not-done = 没有办成
failure-internal = 系统出错
failure-role = 您的岗位没有这项权限。
failure-not-found-what = 可能已被删除，或地址有误。
failure-malformed = 提交的内容不完整，或文件过大。什么都没有改动，请返回重试。
failure-bad-list = 名单无法读取：{ $why }。请另存为“CSV UTF-8”格式再上传。
failure-technical = 技术细节
failure-busy = 账本暂时没有答复。已经记下的变更会自动重发，不会做两次；请稍后再看。
failure-internal-what = 什么都没有改动，或者已经完整记下。请稍后重试，并告知管理员。

why-bad-value = “{ $attribute }”一栏{ $what }。
why-ledger = 账本没有接受（代码 { $code }）。

bad-list-line = 第 { $line } 行不是 UTF-8 编码的 CSV，或格数与首行不同
bad-list-too-many = 超过 { $most } 行，请分成几份
bad-list-header = 首行有重复的列名
bad-list-unread = 文件打不开

value-whole = 不是整数
value-above = 超出规定的最大值
value-decimal = 不是小数（例如 12.50）
value-finer = 小数位数过多
value-date = 不是年-月-日格式的日期（例如 2000-01-31）
value-early = 早于公元 1 年
value-day = 不是日历上有的日期
value-bool = 只能填 true、false、1、0、yes 或 no
value-name = 不是规定的选项
value-long = 超过 1024 字节
value-unicode = 含有不规范的字符（须为 Unicode NFC）
value-twice = 重复出现
value-missing = 必须填写
value-unknown = 不属于这种凭证
value-other = 不合格式
