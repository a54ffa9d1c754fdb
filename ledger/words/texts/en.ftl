public-name = Yong · the public ledger
public-nav = Sections of the public ledger
public-foot = The ledger holds nobody's name, identity number or score. Everything shown was read from the log again by this node and checked.

home-intro = Everything that departments do is recorded here: who published which rule, with which key, and how money is spent. Anybody may look, and may check it without trusting this site.
home-mirror = This is a read-only mirror. The ledger itself is at
home-behind = { $count ->
        [one] One entry is
       *[other] { $count } entries are
    } still to be read; what follows ends where the reading is. Load the page again in a moment.
home-newest = Newest state
home-size = The ledger has { $size } entries; the newest batch was ordered on { $when } (UTC+8).
home-check = Check the last one yourself

departments = Departments and keys
departments-intro = Who may issue and publish, with which key, and when they joined, changed keys or were suspended.
verifiers = Verifiers
verifiers-intro = Which counters may ask under which name, which department vouches for that until when, and where to complain. Nobody vouches for one that is not listed.
schemas = Credential schemas
schemas-intro = What each kind of credential says.
policies = Policies
policies-intro = What is asked in each matter, why, on which legal basis and for how long it is kept, in one sentence each.
models = Scoring models
models-intro = How scores are made; move the factors and see.
disclosures = Disclosures
disclosures-intro = Budgets, project progress and other public documents, with charts.
numbers = Numbers
numbers-intro = How many credentials were issued, revoked and checked.
records = All entries
records-intro = Every entry of the log, the newest first.
keys = Proof keys
keys-intro = The keys that counters check proofs with, and how they came about.
checkpoints = Checkpoints
checkpoints-intro = What the log signed after each batch: how many entries, when, which root, and who cosigned.
search = Search
search-label = Search departments, policies and documents, or give the number of an entry
search-hint = Give words or a number to look for.
search-none = Nothing was found.
search-cut = The text was too long; only its first 100 characters were used.
none-yet = None yet.
earlier = Earlier ones
yes = yes
no = no
few = fewer than { $n }
the-log = the log itself
when-founded = at the founding
when-unknown = earlier; see the checkpoint after it
list-comma = ,{ " " }
list-semicolon = ; and{ " " }
list-or = { " " }or{ " " }
list-and = { " " }and{ " " }

missing = This is not on the ledger
missing-what = The address may be wrong, or it was not published yet.
missing-home = To the first page

standing-active = active
standing-suspended = suspended
department-active = This department may issue and publish.
department-suspended = This department is suspended: its new records are refused; its earlier ones stand.
department-key = Current public key (Ed25519)
department-desk = Address of its desk
department-trustee = It keeps shares of people's secrets as a trustee, at
department-trustee-key = Shares are sealed to (X25519)
department-history = History
department-published = What it published
happened-founded = One of the founding departments
happened-admitted = Admitted
happened-rotated = Key replaced; the old one is no longer valid
happened-suspended = Suspended ({ $reason })
happened-reinstated = Reinstated ({ $reason })
happened-withdrawn = The other departments withdrew credentials that it issued ({ $reason })

verifier-holds = Holds now
verifier-ended = Ended; no department vouches for it
verifier-by = Vouched for by
verifier-until = Until
verifier-register = Counts for
verifier-register-what = the one counter that counts uses of matters whose register is “{ $register }”
verifier-address = Address
verifier-complaints = Complaints
verifier-id = Identifier of the verifier

schema-what = Whoever holds such a credential has these on it. The ledger has only a cryptographic commitment to them, not the contents.
schema-optional = (may be missing)
schema-policies = Policies that ask for it
kind-uint = whole number up to { $max }
kind-decimal = decimal with up to { $scale } places
kind-date = date
kind-bool = yes or no
kind-enum = one of { $names }
kind-text = text

sentence-must = To qualify, one must hold { $must }.{ " " }
sentence-held = a valid “{ $schema }” issued by { $issuers }
sentence-with = { $held }, on which { $conditions }
sentence-nothing-revealed = The counter learns only whether one qualifies, and is given nothing else.{ " " }
sentence-revealed = The counter is also given: { $titles }.{ " " }
sentence-session = Two visits of one person cannot be seen to belong together.{ " " }
sentence-once = Everybody may use it once at each counter within “{ $scope }”; it is seen that it is the same person, not who.{ " " }
sentence-uses = Everybody may use it { $uses ->
        [one] once
       *[other] { $uses } times
    } at each counter within “{ $scope }”; it is seen that it is the same person, not who.{ " " }
sentence-uses-apart = Everybody may use it { $uses ->
        [one] once
       *[other] { $uses } times
    } at each counter within “{ $scope }”; it is not seen which of the uses are one person's.{ " " }
sentence-register = Only the counter that “{ $register }” has registered as its register asks, so that uses are counted in one place.{ " " }
sentence-start = It is asked for from { $day } on.{ " " }
sentence-kept = The receipt is kept for { $span }.
policy-purpose = Purpose
policy-basis = Legal basis
policy-retention = Retention
policy-linked = Linkability
policy-fresh = Freshness
policy-root-age = A state of the ledger is accepted for at most { $span } after a newer one replaced it.
policy-digest = Digest of the policy (SHA-256)
policy-issuers = Accepted if issued by:{ " " }
policy-conditions = What must hold
policy-possession = Holding a valid credential is enough
policy-revealed = What the counter is given
policy-nothing = Nothing but whether one qualifies

model-private = The trial runs in your browser; without scripts this site computes it and keeps nothing.
model-try = Try it
model-weight = { $points } points per unit
model-compute = Compute
model-score = Score
model-wrong = This value is not within the bounds:
model-rule = The rule
model-base = Base
model-schema = The factors are on this credential:
model-policies = Policies that use it
model-additive = Each attribute counts the points of the step that its value is on; the score is the base and the sum of these points.
model-below = below { $value }
model-between = from { $from } to below { $below }
model-from = from { $value }
model-points = Points
model-absent = missing
model-yes = yes
model-no = no

disclosure-linked = The document is at
disclosure-copy = the copy that this node keeps, if it has one
chart-label = Chart: { $name }; the table below has the same numbers
chart-mark = The orange line is where the work was planned to be.
category-budget = Budget
category-project = Project progress
category-counter = Registration of a counter of the old kind (no longer valid)
category-counter-totals = Totals of counters
category-model = Test of a scoring model

record-kind = Kind
record-id = Record id
record-approvals = Approved by
record-shown = See what it published
record-raw = As it is written
record-bytes = Download the bytes of this entry
summary-commit = { $count } × “{ $schema }” issued. The entry has cryptographic commitments only, neither contents nor names.
summary-status = The status of { $count ->
        [one] one credential
       *[other] { $count } credentials
    } was changed. The entry has positions only, no names.
summary-withdraw = The other departments revoked for ever a batch of credentials that { $department } issued. The entry has positions only, no names.
summary-recovery = A person who had lost every wallet stood at the desk of { $department }, and a second department looked at the person too. The trustees give their shares to one new wallet only. The entry does not say who it is.
summary-root = The log's own summary: by now { $leaves } positions of credentials are taken.
kind-department-admit = Department admitted
kind-department-rotate = Department's key replaced
kind-department-suspend = Department suspended
kind-department-reinstate = Department reinstated
kind-schema-publish = Schema published
kind-policy-publish = Policy published
kind-model-publish = Scoring model published
kind-key-publish = Proof key published
kind-key-retire = Proof key retired
kind-credential-commit = Credentials issued
kind-credential-status = Status of credentials changed
kind-credential-withdraw = Credentials withdrawn by governance
kind-verifier-register = Verifier registered
kind-trustee-publish = Key of a trustee published
kind-recovery-request = Recovery asked for
kind-disclosure-publish = Disclosure
kind-state-root = State root

key-development = A development key: whoever made it could forge proofs. Not for real matters.
key-ceremony = From a ceremony of several parties, with a published transcript.
key-digest = Digest of the verifying key
key-from = Valid from
key-until = Retired from

checkpoint-newest = The newest checkpoint
checkpoint-origin = Name of the log
checkpoint-key = Public key of the log (Ed25519)
checkpoint-genesis = Digest of the genesis file
checkpoint-witnesses = Cosignatures
checkpoint-history = History
checkpoint-computed = This node computed the root of each row again from the log's hash tiles.
witnesses-none = This ledger asks for no witnesses: whether everybody sees the same log shows only when people compare checkpoints.
witnesses-quorum = At least { $needed } of { $all } witnesses must cosign; the script here does not check their signatures.
witness-cosigned = cosigned on { $when }
witness-silent = has not cosigned the newest checkpoint

numbers-few = Numbers below { $n } are not shown, so that nobody can be guessed from them.
numbers-log = The log itself is public: everybody can see how many commitments an entry has, and nobody can see of whom they are.
numbers-credentials = Credentials
numbers-checks = Checks at counters
numbers-checks-what = What counters check is not on the ledger. These are totals that departments published and signed.

seal-title = Where it comes from, and how to check it
seal-publisher = Signed by
seal-when = Time
seal-entry = Entry
check-title = Check it yourself
check-what = Press the button, and your browser fetches the log's signature and hashes, computes for itself, and says whether this entry really is in the log.
check-noscript = Checking needs scripts in the browser. Without them, the command line tool ledger fsck checks the whole log.
check-button = Check now
check-running = Checking …
check-yes = This entry is in the log
check-no = It does not match! Keep a picture of this and tell an auditor or a journalist
check-unable = The check could not be completed
step-checkpoint = Fetched the newest checkpoint, its size and root:
step-signature-yes = The checkpoint's signature is good; the key is
step-signature-no = The checkpoint's signature is not good.
step-signature-unable = This browser cannot check Ed25519 signatures; the signature was not checked.
step-entry = Fetched this entry's bytes and computed their hash:
step-root-yes = The root computed in your browser from this hash and the log's hash tiles is the signed one. Tiles used:
step-root-no = The computed root is another one than the signed:
step-grown-yes = Since you last checked in this browser, the log has only grown and nothing was changed. Its size then:
step-grown-no = Since you last checked in this browser, the log's history was changed! Its size then:
step-grown-first = This checkpoint was remembered; the next check will see whether the log has only grown.
step-beyond = The newest checkpoint does not include this entry yet; try again in a moment.
step-insecure = Browsers compute hashes only on https or on this machine's own address; the check cannot run here.
step-failed = What is needed could not be fetched:
not-checked-title = What this does not check
not-checked-genesis = The key comes from this site's genesis file. Compare its digest with one that you have from elsewhere:
not-checked-script = The script that checks comes from this site too. To depend on it for nothing, run on your own machine:

column-when = Time
column-what = What
column-key = Public key
column-attribute = Attribute
column-kind = Form
column-name-in-policies = Name in policies
column-factor = Factor
column-points = Points per unit
column-size = Entries
column-root = Root of the log
column-credential-root = Root of the credential tree
column-schema = Credential
column-issued = Issued
column-revoked = Revoked
column-suspended = Suspended
column-policy = Matter
column-passed = Qualified
column-declined = Did not qualify
column-year = Year
column-unit = Unit
column-note = Note
column-lines = Lines
column-item = Item
column-amount = Amount
column-projects = Projects
column-name = Name
column-done = Done %
column-planned = Planned %
column-due = Due
column-budget = Budget
column-spent = Spent
column-totals = Checks
column-from = From
column-to = To
column-client_id = Counter
column-as_of = As of
column-accuracy = Accuracy
column-calibration = Calibration
column-outcomes_by_age = By age
column-outcomes_by_housing = By housing
column-threshold = Threshold (points)
column-records = Records
column-pairs = Pairs in the right order, of 1,000
column-pairs_least = Least of the parts
column-pairs_most = Most of the parts
column-predicted = Expected good %
column-observed = Actually good %
column-share_good = In good standing %
column-share_passing = Reach the threshold %
column-share_passing_bad = of those in bad standing %
column-share_passing_good = of those in good standing %

told-says = What it says
told-reason = Reason
told-identity = Given to whoever shows
told-sentence = In one sentence
told-uncompiled = The sentence can be made once the schemas and models that the policy names are known: put them before it into the same file, or give the ledger's address.
told-meaning = What a point means
told-category = Category
told-digest = SHA-256 of the document
told-document = Document
told-trustee = This department as a trustee
told-places = Positions
told-more = and further changes
told-revoke = revoked for ever
told-suspend = suspended
told-restore = restored

dry-online = Judged by the ledger { $ledger }, as if { $signer } signed. Nothing was signed or sent.
dry-offline = No ledger was asked: only what the records say by themselves was looked at. With --ledger URL and --as ID a ledger's own rules are looked at too.
dry-place = { $file }, record { $number }
dry-colon = :{" "}
dry-accepted = It would be accepted.
dry-well-formed = Right by itself. Whether a ledger accepts it was not looked at.
dry-refused = It would be refused ({ $error }): { $why }
dry-open-threshold = Then { $needed } departments must approve it (`ledger propose`).
dry-open-second = Then one other department must approve it (`ledger propose`).
dry-open-bulk = Above { $limit } credentials within a day one other department must approve.
dry-open-tree = Not looked at: which credentials are at these positions, which the node alone knows.
dry-open-key-file = Not looked at: whether the key file at the node says the same.

filter = Show
filter-departments = all departments
filter-kinds = what departments did
filter-all = everything, with the log's own state roots
records-zone = Times are those of Beijing (UTC+8).
records-none = There is no such entry.
records-none-here = There was none among the entries looked at. Earlier ones were not looked at yet.
records-forms = The same list for programs, further back page by page:
record-beside = Entries beside this one
record-previous = ← The entry before
record-next = The entry after →
csv-index = Number
csv-when = Time (UTC+8)
csv-kind = Code of the kind
csv-signer = Identifier of the signer
colon = :{ " " }

done-because = { $done } ({ $reason })
done-revoke = { $count } { $count ->
        [one] credential
       *[other] credentials
    } revoked for ever
done-suspend = { $count } { $count ->
        [one] credential
       *[other] credentials
    } suspended
done-restore = { $count } { $count ->
        [one] credential
       *[other] credentials
    } restored
list-semicolon-plain = ;{ " " }
summary-positions = . The entry has positions only, no names.
why-code = reason code { $code }
why-applicant-request = the person's request
why-data-error = wrong data
why-moved = moved
why-lost-device = lost device
why-lost-phrase = lost device and recovery phrase
why-court-order = court order
why-deceased = deceased
why-fraud = obtained by fraud
why-replaced-holder = issued anew to another wallet
why-replaced-values = issued anew with corrected contents
why-replaced-expired = issued anew after it had ended

search-pages = Pages and lists
search-personal = Do not type an identity number here. The ledger holds nobody's name or number, so there is nothing to find. It was not looked for and not kept.
search-status = What was revoked, suspended or restored, and why.
search-position = Position { $position } was issued in this entry.
span-days = { $count } { $count ->
        [one] day
       *[other] days
    }
span-hours = { $count } { $count ->
        [one] hour
       *[other] hours
    }
span-minutes = { $count } { $count ->
        [one] minute
       *[other] minutes
    }
span-seconds = { $count } { $count ->
        [one] second
       *[other] seconds
    }
table-total = Total: { $total }
unit-cny = yuan
unit-usd = US dollars
