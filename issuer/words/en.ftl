nav = This desk
nav-find = Find a person
nav-lists = Lists
nav-proposals = Second pair of eyes
nav-agree = For another department
nav-records = Records
nav-audit = Audit list

find-title = Find a person
find-person = Identity number or name
find-what = The whole identity number, or the beginning of the name.
find-go = Find
find-nobody = Nobody found. Check the number or name; the department may have no record of this person.
find-several = Several people found ({ $count }): choose one
find-cut = Only the first are shown: type more of the name, or the identity number.

person-waits = This waits under “Second pair of eyes”: { $act }.

card-state = State
card-position = Position on the ledger
card-entry = log entry { $entry }
card-validity = Valid
card-pending = A change was sent to the ledger and has no answer yet.
card-no-record = The department has no such record of this person.
card-differs = Record and credential differ: the credential still says the old. “Correct” replaces it.
card-field = Field
card-record = Record
card-says = Credential

state-none = no credential
state-active = valid
state-expired = expired
state-suspended = suspended
state-revoked = revoked
state-replaced = replaced by a newer one

offer-make = Issue (show the QR code)
offer-title = Receive a credential
offer-scan = Scan this with the wallet
offer-until = Valid until { $until }
offer-link = If it cannot be scanned: the link
offer-number = Number to tell
offer-number-what = Tell it to the person; do not print it, and do not send it along with the code.
offer-look = See whether it was received
offer-back = Back to the person

devices-title = Devices
device-enrolled = { $how } on { $day }
device-protocol = enrolled by itself
device-assisted = enrolled with help, or a sealed paper
device-left = not registered any more, and still in force
device-position = position { $position }

offer-which = For which device? A further one of the same person has to be paired with the first; at most three may stand side by side. After a loss, a theft or a recovery, end the others.
offer-add = Issue, the other devices stay
offer-replace = Issue, all other devices end

paper-title = Without a phone: a sealed paper
paper-what = Prints an encrypted QR code for a citizen without a phone, which a counter opens with the citizen's code. What the person held before, in a wallet too, ends.
paper-make = Make a sealed paper
paper-choose = A code of the person's own choice (may stay empty)
paper-choose-what = Twelve digits that the person remembers and others do not guess. Left empty, the code is drawn, which is harder to guess.
paper-chosen-length = Nothing was printed: a chosen code has twelve digits, such as 4071 9385 2264. Type it again, or leave it empty to have one drawn.
paper-chosen-pattern = Nothing was printed: the code is easy to guess, as it repeats itself or counts up or down. Choose another one, or leave it empty to have one drawn.
paper-chosen-date = Nothing was printed: there is a date in the code, and birthdays are tried first. Choose another one, or leave it empty to have one drawn.
paper-chosen-known = Nothing was printed: there is a part of the identity number in the code. Choose another one, or leave it empty to have one drawn.
paper-until = valid until { $until }
paper-qr = The sealed QR code
paper-how = At a counter, have this paper scanned and say your code. There is no name on it, and who finds it cannot open it.
paper-lost = If you lose it, tell the department soon: the credential is revoked then.
paper-code = Code to tell
paper-code-what = Tell it to the person, who remembers it. It is not printed and kept nowhere; if it is forgotten, print a new paper.
paper-print = Print
paper-once = This page is shown once.

progress-waiting = Waiting for the wallet …
progress-redeemed = Scanned; the wallet is receiving …
progress-received = Received
progress-locked = Too many wrong numbers: the offer is locked, make a new one
progress-ended = The offer has ended

status-title = Suspend, restore or revoke
correct-title = Correct
correct-optional = (may be empty)
correct-what = The old credential is revoked and a new one takes its place; the wallet gets it at its next synchronisation.
correct-go = Correct and replace
reset-title = Reset the person
reset-what = Only if wallet and recovery phrase are both lost: the phrase gives everything back without this. All credentials that this desk issued to the person end at once, and the next wallet that enrols becomes the person. What it gets says since which day; matters with limited uses that have already begun stay closed to the person. Another clerk has to approve it.
reset-go = Reset

recover-title = Recover with the trustees
recover-what = Only if every wallet and the recovery phrase are lost, and the person stands here with the document. The trustees give the shares of the person's secret to the one new wallet whose key is entered here, once and for ever. Another department has to look at the person too and approve it. Unlike after a reset, what has begun stays open to the person.
recover-key = Key that the new wallet shows
recover-go = Propose the recovery
recover-none = No wallet of this person has told this desk of shares at the trustees. If wallet and recovery phrase are both lost, only a reset helps.

recovery-title = Recovery with the trustees
recovery-digest = Digest of the new wallet's key
recovery-compare = The person's new wallet shows the same digest. If it shows another one, stop, and scan the key again.
recovery-give = First: give this to another department
recovery-give-what = The person goes to a desk of another department, with the document and the new wallet. A clerk there opens “For another department”, pastes this text, looks at the person, and gives a text back.
recovery-text = Text of the request
recovery-file = Download as a file
recovery-paste = Then: paste what came back
recovery-approved = Text that the other department gave back
recovery-complete = Sign and send
recovery-again = Send again
recovery-next = The ledger has the request, and the new wallet fetches the shares by itself. When it says that it has put them together, make an offer that ends all other devices.
recovery-anew = Nothing more comes of this request. If it is still needed, make a new one at the person's page.
recovery-person = A request to the trustees: { $state }.
recovery-open = waits for another department
recovery-ended = ended; a newer one took its place, or the person was reset
recovery-sent = signed and sent; the ledger has not answered
recovery-requested = on the ledger
recovery-refused = refused by the ledger

agree-title = Approve for another department
agree-what = Somebody who lost every wallet stands before you, and another department asks the trustees to give the person's secret to a new wallet. Look at the person and the document yourself, then paste the text that the other desk gave.
agree-read = Read it
agree-desk = Who asks
agree-at = The person stood there
agree-does = If you approve, the trustees give the shares of a person's secret to the one wallet with this key, once and for ever. Whoever approves without having looked lets one department alone take over a person.
agree-looked = I have looked at the person and their document, and their new wallet shows this digest.
agree-go = Approve
agree-not = Do not approve
agree-done = Approved. Give this text back to the other department: it signs and sends it.

reason = Reason
reason-other = Another code (goes before the choice above)
reason-public = The reason stands on the ledger for everybody: a code, never anything personal.
reason-applicant-request = the person's request
reason-data-error = wrong data
reason-moved = moved
reason-lost-device = lost device
reason-lost-phrase = lost device and recovery phrase
reason-court-order = court order
reason-deceased = deceased
reason-fraud = obtained by fraud

act-find = search
act-view = look at a person
act-offer = offer
act-issue = write records and issue
act-revoke = revoke
act-suspend = suspend
act-restore = restore
act-correct = correct
act-propose = propose
act-approve = approve
act-decline = decline
act-upload = upload a list
act-run = run a list
act-drop = give up a list
act-report = download a report
act-records = import records
act-enrolments = import enrolments
act-paper = print a sealed paper
act-reset = reset the person
act-replace = let a new wallet take the place of the one before
act-reconcile = reconcile with the ledger
act-unify = unify spellings of a number (upgrade)
act-recover = propose a recovery with the trustees
act-request = send a request to the trustees
act-agree = approve for another department
act-sign-in = sign in
act-sign-in-failed = sign-in failed
act-sign-out = sign out

lists-title = Lists
lists-file = File
lists-file-what = CSV with a header, whose titles may be in Chinese; a column id_number (身份证号) is needed; at most { $most } lines.
lists-encoding = Encoding of the file
lists-encoding-found = find out
lists-schema = Credential
lists-act = What to do
lists-reason = Reason, to suspend, restore or revoke
lists-alone = A list that revokes, and one that changes more than { $count ->
        [one] one credential
       *[other] { $count } credentials
    }, waits for another clerk.
lists-preview = Upload and preview
lists-earlier = Earlier lists

list-preview = Preview: nothing is done yet
list-proposed = Waits for another clerk
list-running = Being done …
list-done = Done
list-dropped = Not done
list-nothing-yet = Nothing has been written yet. Check the lines below first.
list-would = It would
list-did = Outcome
list-run = Run this list
list-drop = Give it up
list-leave = You may leave or close this page: the work goes on, and after an interruption continues where it stopped.
list-reload = Reload
list-report = Download the report (CSV)
list-lines = Line by line
list-line = Line
list-person = Identity number
list-what = Outcome
list-changes = What changes
list-why = Why
list-next = Next page

preview-new = first credential
preview-replaces = replace (the old one is revoked)
preview-changes = change the state
preview-unchanged = unchanged
preview-refused = refused

outcome-done = done
outcome-ledger_busy = the ledger did not answer; sent again automatically
outcome-error = internal error
outcome-issued = issued
outcome-changed = done
outcome-unchanged = was so already
outcome-refused = refused

proposal-open = waits
proposal-approved = approved
proposal-declined = declined
proposal-title = Proposal { $id }
proposal-by = Proposed by
proposal-decided = Decided by
proposal-approve = Approve and do it
proposal-decline = Decline
proposal-again = Do it again (the ledger did not answer)
proposal-own = You proposed this yourself: another clerk has to approve it. You may take it back (decline).
proposal-credential = Credential that ends
proposal-print = Print the paper now
proposal-print-what = Print it with the person in front of you: paper and code are shown once, to you alone.
proposal-printer = { $clerk }, who proposed it, prints the paper.
proposals-what = Revocations, papers and wallets that take the place of what somebody holds, and lists that change many credentials, are done when another clerk has looked at them.
proposals-none = Nothing waits.
proposals-unnamed = This machine has no list of staff, so two people cannot be told apart, and nothing can be approved here. The administrator makes the list with: issuer clerk add.

audit-when = When
audit-who = Who
audit-act = What
audit-detail = Detail
audit-outcome = Outcome
audit-no-outcome = unknown (interrupted)

failure-not-allowed = Not allowed
failure-not-found = No such page
failure-not-done = Not done
failure-internal = An internal error
failure-role = Your role does not include this.
failure-not-found-what = It may be gone, or the address is wrong.
failure-malformed = The form was incomplete, or the file too large. Nothing was changed: go back and try again.
failure-bad-list = The list cannot be read: { $why }. Save it as “CSV UTF-8” and upload it again.
failure-list-correct = The list cannot be read: { $why }. Correct it and upload it again.
failure-technical = Technical details
failure-busy = The ledger does not answer right now. What was planned is sent again and done once; look again in a while.
failure-internal-what = Nothing was changed, or all of it is written down. Try again later, and tell the administrator.

why-bad-value = “{ $attribute }” { $what }.
why-bad-character = “{ $attribute }” has a character that cannot be seen ({ $character }): type it again.
why-ledger = The ledger did not accept it (code { $code }).

bad-list-line = line { $line } has more or fewer cells than the header has names
bad-list-no-text = line { $line } is neither in UTF-8 nor in GB18030 (GBK)
bad-list-ambiguous = This list can be read in two ways: as UTF-8 one cell says “{ $utf8 }”, as GB18030 (GBK) it says “{ $gbk }”. Go back, choose the right one under “Encoding of the file”, and upload it again.
bad-list-long-line = line { $line } is too long, or a quotation mark before it is not closed
bad-list-no-person = its header has no column for the identity number (id_number, 身份证号, 公民身份号码)
bad-list-too-many = it has more than { $most } lines; divide it
bad-list-header = a column stands twice in its header
bad-list-unread = the file cannot be opened

value-whole = is not a whole number
value-above = is above the greatest value allowed
value-decimal = is not a decimal number such as 12.50
value-finer = has too many decimal places
value-date = is not a date such as 2000-01-31
value-early = is before the year 1
value-day = is not a day of the calendar
value-bool = is none of true, false, 1, 0, yes, no
value-name = is not one of the choices
value-long = is longer than 1,024 bytes
value-unicode = has characters that are not in Unicode NFC
value-twice = stands twice
value-missing = is missing
value-unknown = does not belong to this credential
value-other = does not fit

draft-title = Schemas, policies and public documents
draft-what = Write what the department is going to publish, and see what the ledger’s public page will show and whether the ledger would take it. Nothing is published here. Begin with an example:
draft-schema = A schema
draft-policy = A policy
draft-disclosure = A public document
draft-text = The record (JSON)
draft-look = Preview
draft-not-json = This is not JSON yet:
draft-refused = The ledger would refuse this.
draft-accepted = The ledger would accept this.
draft-next = To publish it, save the text as a file and have whoever keeps the department’s key run “ledger publish”.

nav-screen = Citizen's screen
screen-title = Please scan
screen-scan = Please scan the QR code with your wallet
screen-number = The wallet asks for a number: the clerk tells it to you.
screen-neutral = Welcome
screen-neutral-what = Please tell the clerk what you are here for.
offer-on-screen = The QR code is on the citizen's screen
offer-open-screen = Open the citizen's screen
offer-screen-what = Open it once, on the screen that is turned towards the citizen; it follows by itself. This page has the number: keep it to yourself.

reason-choose = Choose…
correct-date = such as 1983-05-19
find-mistyped = The number is wrong: its check digit does not fit, so one of its digits was mistyped. Compare it with the document.
sure-title = Is this meant?
sure-public = The change and its reason will stand on the public ledger for ever, and cannot be deleted.
sure-not = No, go back
lists-templates = Templates of lists
lists-templates-what = Fill one in with a spreadsheet and leave its first line as it is. Dates may be written as 1983-05-19 or 1983/5/19.
bad-list-empty = the list has column names and no lines
