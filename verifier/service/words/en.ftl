nav = Pages
nav-matters = Check
nav-receipts = Receipts
nav-audit = Audit list
who-local = somebody at this machine
who-local-long = Somebody at this machine (not signed in)
who-unknown = unknown name
who-program = a program
who-command = command line

field = Scan a code, or type a matter's title, pinyin or code; or scan a citizen's code made without a network
field-go = Go
field-what = What a barcode scanner reads lands here.
home-title = Choose the matter
home-choose = All matters
home-empty = The ledger has no matter to check yet.
home-codes = Print the codes of matters
unready = This counter cannot check now
panel = What checking rests on
panel-key = Fingerprint of the key
panel-none = There is no key to use
panel-followed = Ledger last followed
panel-root = Newest ledger state
panel-never = not yet
age-seconds = { $count } s ago
age-minutes = { $count } min ago
age-hours = { $count } h ago
age-days = { $count } d ago

notice-unknown-code = That is no matter. Check the code, or choose below.
notice-not-ready = This counter cannot check now. Try again later.
notice-cancelled = Taken back. No answer was kept.

unready-ledger_never_followed = The ledger was not reached yet.
unready-ledger_behind = The ledger has not answered for too long. Its machine or the network to it has stopped.
unready-ledger_answers_old = The ledger answers, but what it says is old. Look first whether this computer's clock is right; if it is, tell your supervisor that old answers arrive.
unready-clocks_differ = The ledger's time is ahead of this computer's clock. Set this computer's clock; if it is right, tell your supervisor that the ledger's clock is wrong.
unready-ledger_misbehaves = The ledger shows what must never happen. Checking has stopped: tell your supervisor at once.
unready-no_key = The ledger has no key to check with yet.
unready-development_key_refused = The ledger has a development key, which this counter does not accept.
unready-key_not_yet_valid = The ledger's key is not valid yet.
unready-key_retired = The ledger's key has retired. Tell your supervisor: a new one is needed.
unready-bad_key = The ledger's key cannot be used.
unready-policy_changed = The matter has changed.

waiting-title = Waiting
waiting-qr = QR code to be scanned with the wallet
waiting-link = No camera? Open by link
waiting-scan = Please scan with your wallet
waiting-match = Both screens must show the same code:
waiting-status = Waiting for agreement and answer…
waiting-left = { $seconds } s left
waiting-look = Look for the result
waiting-cancel = Cancel
request-number = Request number

asked-title = What is asked
asked-possession = : to have it is enough
asked-together = These credentials together
asked-scores = Score by a published model
asked-purpose = Purpose
asked-basis = Legal basis
asked-learns = This counter will learn
asked-kept = Receipt kept for
asked-days = { $days ->
        [one] 1 day
       *[other] { $days } days
    }
learns-only-yes = Will only learn: qualifies or not.
learns-also = Will learn: whether it qualifies, and { $what }.
learns-linked-short = (And a pseudonym for this matter alone.)
learns-use-short = (And a pseudonym for this one use.)
learns-use = Also a pseudonym of this one use, against more uses than allowed; which uses are one person's cannot be seen.
learns-linked = Also a pseudonym that holds in this matter alone, against doing it more often than allowed; it is not shown and fits nothing elsewhere.

verdict-passed = Passed
verdict-failed = Not passed
verdict-asked = What was asked
verdict-revealed = What was handed over with consent
verdict-next = Next person
verdict-again = Same matter again
receipt-number = Receipt number
learnt-only-yes = This counter learnt only: qualifies. No name, no identity number, no value.
learnt-also = This counter learnt: qualifies, and { $what }. Nothing else about the person.
learnt-only-no = This counter learnt only: not passed. Nothing about the person.
learnt-linked = It also got a pseudonym that holds in this matter alone, against doing it more often than allowed; it is not shown and fits nothing elsewhere.
value-yes = yes
value-no = no

reason-declined = Nothing was shown (there is no such credential, or no consent).
reason-nobody = Nobody answered in time.
reason-expired = The answer came too late. Please try again.
reason-unknown_root = The wallet's ledger state is unknown. Let the wallet sync and try again.
reason-stale_root = The wallet's ledger state is too old. Let the wallet sync and try again.
reason-key_not_valid = The answer was made with a key that is not valid, or no longer. Let the wallet sync and try again.
reason-malformed = The answer is malformed. Let the wallet be updated and try again.
reason-not_proved = The answer does not prove what was asked.
reason-not_started = This matter has not begun: its first day has not come. Try again on that day.
reason-other_register = Uses of this matter are counted by another counter, the only one that may ask. Send the person there.
reason-not_offline = This matter cannot be proved without a network. Start it here with a code, and let the wallet scan that with its network on.
reason-already_used = The request was answered before, or no uses are left at this counter.

receipts-title = Receipts
receipts-own = Receipts of your own requests of today.
receipts-day = Day
receipts-show = Show
receipts-count = { $count } in all, { $passed } of them passed.
receipts-none = No receipts on this day.
receipts-development = development keys
column-time = Time
column-verdict = Verdict
column-matter = Matter
column-learnt = Learnt
column-number = Number
column-about = Number or name
column-by = Asked by
column-who = Who
column-act = Did what

audit-title = Audit list
audit-what = Who did what, and when. Nothing here is about the people who were asked.
audit-older = Older
act-signed_in = signed in
act-sign_in_failed = wrong password
act-signed_out = signed out
act-asked = asked
act-cancelled = cancelled
act-scanned = scanned a code made without a network
act-reconciled = brought what was accepted without a network
act-saw_result = saw the result
act-read_receipts = read receipts
act-read_audit = read the audit list
act-opened_codes = opened the codes to print
act-added_clerk = added or changed somebody of the staff
act-removed_clerk = removed somebody from the staff
act-exported_receipt = exported a receipt
act-exported_revealed = exported a receipt with what was handed over
act-accepted_restore = went on with an older copy of the database

codes-title = Codes of matters
codes-what = Print them and put them on the counter: one scan begins a matter.
codes-offline = For wallets without a network
codes-offline-what = Hang this up for citizens: a wallet without a network scans it, and then shows a code that you scan.

offline-title = Code made without a network
offline-expired = The code was made more than two minutes ago, or a clock is wrong. Let the wallet make a new one.
offline-already_used = This code was shown before, or no uses are left at this counter.
offline-not_proved = The code does not prove what was asked at this counter.
offline-used = Before, with receipt number

failure-back = Back to the first page
failure-closed = Not in use now
failure-closed-what = This counter asks for signing in, but has no list of staff. An administrator adds people with verifier clerk add.
failure-forbidden = Not allowed
failure-forbidden-what = Your role does not open this page. Ask a supervisor if you need it.
failure-not-found = There is nothing here
failure-not-found-what = It does not exist, was cancelled, is no longer kept, or is not yours.
failure-malformed = The request is malformed
failure-malformed-what = Please begin again on the first page.
failure-not-started = The matter has not begun
failure-not-started-what = Its rule says from which day on it is asked for, and that day has not come.
failure-other-register = Another counter counts this matter
failure-other-register-what = Uses are counted in one place, and the ledger does not say that this counter is it. Send the person there; if it should be here, have the department register this counter as its register.
failure-not-ready = Cannot check now
failure-not-ready-what = Please try again later.
failure-internal = The service failed
failure-internal-what = Please try again later; if it stays so, tell an administrator.

paper-title = Without a phone: scan a sealed paper
paper-scan = The code on the sealed paper (with the scanner)
paper-code = The citizen's code
paper-what = Read out what is asked above; when the citizen agrees, ask for the code. Neither paper nor code is kept.
paper-go = The citizen agrees: check
paper-back = Back
paper-paper = This is not the code of a sealed paper, or it was not scanned whole.
paper-code-bad = A code has twelve digits, such as 4071 9385 2264; on an earlier paper eight letters or digits.
paper-wrong-code = The code does not open this paper.
paper-wait = Too many codes were tried on this paper: try again in { $seconds ->
        [one] one second
       *[other] { $seconds } seconds
    }.
paper-other-ledger = The paper is not of this ledger: the department prints a new one.
paper-away = The assistant of this machine does not run, or has not followed the ledger yet: try again shortly.
act-opened_paper = opened a sealed paper

nav-screen = Citizen's screen
screen-title = Please scan
screen-scan = Please scan the QR code with your wallet
screen-match = Your screen must show the same code. If it does not, decline, and tell the clerk:
screen-neutral = Welcome
screen-neutral-what = Please tell the clerk what you are here for.
notice-paper-first = That is a sealed paper. Choose the matter first, then press “Without a phone: scan a sealed paper”.
notice-several = Several matters fit. Choose one.
waiting-keys = The Esc key or the printed code “Cancel” takes this request back. Scanning another matter's code takes it back and begins the next.
codes-cancel = Scanned while a request waits, this takes it back.
