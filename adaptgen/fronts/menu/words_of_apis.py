"""Tables of words: what plain English and the words of software APIs have in common.

Made from general knowledge of the domains that APIs are about (identity, source hosting, builds, containers, storage,
messages, tickets, customers, payments, shops, calendars, monitoring). Words are in their plain form.
"""

STOP = """
a an the this that these those there here it its i me my mine we us our ours you your yours he she they them their
his her him is are was were be been being am do does did done can could would should will shall may might must have
has had having of in on at by for from to into onto out off up with within without about as and or nor but if then
than so such too very just only also any some each every all both few more most other another same own not no
what which who whom whose where when why how please want wants wanted need needs needed like let lets let's
there's i'm i'd i've we've we're don't doesn't isn't aren't won't can't cannot it's what's who's where's
one ones thing things stuff something anything everything someone anyone everyone anybody everybody somebody
currently now today right already yet still ever again first last next back over under via per across
make sure able possible way ways kind sort lot many much whether while during after before until since because
specific particular certain given existing actual certain various several single whole entire
using use used go going goes gets got
"""

ASKING = frozenset(
    ("what", "what's", "which", "who", "who's", "whom", "whose", "where", "where's", "when", "why", "how", "is", "are",
     "was", "were", "am", "does", "did", "has", "had", "may", "will", "do", "have", "isn't", "aren't", "any")
)  # fmt: skip
"""Words that begin a question: what follows is to be looked at."""
SUBJECTS = [[one] for one in ("i", "we", "you", "they", "he", "she", "it", "any", "there")]
"""What follows ``do`` and ``have`` in a question."""
VIEWS = [[one] for one in ("list", "overview", "summary", "look", "report", "history", "count", "table", "view")]
"""What one names to see it, although it is one new thing."""
POLITE = frozenset(
    ("please", "kindly", "i", "i'd", "we", "we'd", "you", "can", "could", "would", "should", "like", "to", "want",
     "need", "must", "let's", "hey", "just", "now", "also", "always", "then", "help", "me", "first", "quickly")
)  # fmt: skip
"""What may stand before that which is asked for."""
PLAIN = """
create add make new get list show view see find check set put give let have take update change edit modify delete remove
start stop open close keep use call tell mark turn try bring do act offer insist
"""
"""Verbs that say little about what is done."""
JOINS = frozenset(
    ("of", "for", "from", "in", "on", "at", "with", "without", "by", "into", "onto", "that", "which", "who", "whose",
     "whether", "where", "when", "while", "because", "since", "before", "after", "until", "during", "under", "about",
     "per", "across", "within", "via", "so", "if", "to", "as", "inside", "outside", "near", "between", "among",
     "behind")
)  # fmt: skip
"""What stands between a thing and more about it."""
LIVE = frozenset(("live", "continuously", "realtime", "streaming", "follow", "watch", "tail"))
_LEADS = {
    "create": """
        answer ask clone connect copy evict file grant like link log notify plug propose react record reply
        report reserve say submit suggest teach thank tip vote warn
    """,
    "create delete update": """
        deny ignore take turn
    """,
    "create read": """
        check prove
    """,
    "create read run": """
        execute test verify
    """,
    "create read run update": """
        open
    """,
    "create run": """
        build fire launch rebuild redo repeat rerun run send tell
    """,
    "create run update": """
        call deploy go let refresh restart roll start sync
    """,
    "create update": """
        accept allow approve assign attach ban block bring hire recreate recruit
        cap convert drain enable encrypt expose extend follow
        forbid freeze give group hand have install isolate join keep label lend limit lock make move no nobody
        only permit pin point prevent prohibit protect publish put raise release rename require restore rotate
        save schedule seal separate set share silence split star store subscribe switch tag transfer trust
        upload use write
    """,
    "delete": """
        clean empty forget kick leave quit retire throw
    """,
    "delete run update": """
        stop
    """,
    "delete update": """
        close decline disable dismiss expire never refuse reject shut unblock undo unlock
    """,
    "run": """
        try
    """,
    "run update": """
        force
    """,
    "update": """
        demote fewer less lower more upgrade degrade tighten loosen
        change combine complete double finish grow hide lower mark merge mute pause reopen replace resolve scale
        shrink skip sort swap
    """,
}
LEADS = {word: does for does, words in _LEADS.items() for word in words.split()}
"""Words that begin what is to be done and are wider than :data:`VERBS` says, or no verbs."""
APART = {
    "take": {
        "from": "delete",
        "off": "delete",
        "down": "delete",
        "away": "delete",
        "back": "delete update",
        "out": "delete",
    },
    "throw": {"away": "delete", "out": "delete"},
    "put": {"back": "update create", "down": "create", "off": "update"},
    "shut": {"down": "update delete run"},
    "tear": {"down": "delete"},
    "turn": {"off": "update delete", "on": "update create"},
    "give": {"back": "delete update", "up": "delete"},
}
"""Verbs whose particle stands apart."""

VERBS = {
    "list": """list show display view enumerate browse itemise itemize""",
    "read": """get read fetch retrieve find check look tell inspect describe know download compare count search
                 query lookup monitor explain render preview export compute see verify validate test determine
                 examine audit review measure calculate estimate convert decode parse summarise summarize""",
    "create": """create add make new insert register post upload write publish generate set setup establish
                 introduce file submit invite fork import attach assign subscribe enable install append follow
                 provision schedule spin plant order book buy hire onboard enrol enroll sign apply request
                 propose recommend nominate mint craft draft compose author announce broadcast seed prepare
                 define declare build deploy duplicate sponsor donate pay charge bill fund log track bookmark
                 tag label annotate remark thank congratulate mention welcome admit""",
    "update": """update change edit modify patch alter rename adjust replace amend revise correct fix tweak
                 switch toggle transfer reopen resolve configure customise customize scale resize extend reorder
                 reset rotate restore promote close minimize upgrade downgrade bump rewrite refine enlarge
                 expand reduce lengthen shorten postpone delay reschedule relocate reassign delegate escalate
                 prioritise prioritize complete finish activate renew republish migrate translate""",
    "delete": """delete remove drop erase destroy unassign unsubscribe revoke clear wipe purge discard cancel
                 disable uninstall detach unlink unfollow unstar unlock withdraw ban block evict terminate kill
                 undo unpin trash scrap strip eject expel dismiss ditch toss bin dump chuck nuke tidy clean
                 exclude unfriend abandon abort halt quit leave deactivate decommission demolish dissolve
                 disband fire sack dismantle flush""",
    "run": """connect execute trigger rerun retry redeliver dispatch ping invoke perform sync refresh force
                 resume wake relaunch reboot retrigger replay simulate launch process crawl scan analyse analyze""",
}
"""What a verb that begins a sentence, or the name of a tool, does."""

ALIKE = """
create add make new insert register generate establish
delete remove drop erase destroy discard purge wipe clear
update change edit modify patch alter amend revise adjust
get read fetch retrieve show view see display look
list show enumerate browse display
find search lookup query seek locate
run execute trigger invoke start launch
rerun retry repeat redo restart
stop cancel abort halt terminate kill end
enable activate allow permit switch on
disable deactivate turn off suspend
send deliver submit post
invite invitation ask
assign attach allocate appoint designate
unassign detach remove
approve accept confirm okay
reject decline deny refuse
close finish resolve complete end
open reopen unresolved
lock freeze seal
unlock unfreeze
rename retitle
move transfer relocate migrate hand
copy duplicate clone replicate fork
merge combine join
compare difference diff contrast
watch subscribe follow monitor observe track
download export fetch
upload import load
publish release ship
restore recover undelete revive
revoke withdraw rescind invalidate
verify validate check
archive zip tarball bundle
person user people human individual
member participant belongs
employee staff worker colleague coworker
user account login profile
customer client buyer consumer
contact person
company organization business firm corporation enterprise
team group squad crew
owner creator author
administrator admin superuser
permission access right privilege authorization role
role permission privilege
collaborator contributor coworker teammate
secret credential password token key
credential login authentication
token key
key secret
certificate cert tls ssl
session login
repository repo project codebase
project workspace
commit change revision changeset snapshot
branch line head
tag label marker
label tag
reference ref branch
pull merge request
issue ticket bug problem
comment remark note reply message
review feedback
milestone deadline target
release version
version release revision
asset attachment file
file document content
folder directory
content file
blob file object
gist snippet paste
wiki page
discussion conversation thread talk
reaction emoji thumbs
star favorite bookmark like
fork copy
workflow pipeline action automation
job task
run execution
build compile
artifact output package
package library module artifact
dependency library package
runner agent worker machine
deployment rollout release
environment stage
variable setting parameter
webhook hook callback
event activity happening
log logs output history trace
notification alert inbox
alert warning finding
vulnerability weakness flaw advisory security
advisory vulnerability security
scan scanning analysis
license copyright licence
topic subject keyword
traffic visit visitor view
statistic stat metric metrics
metric usage measurement
usage consumption
billing cost spend charge
invoice bill
payment charge
refund reimbursement
order purchase
product item article
price cost fee
cart basket
subscription plan
discount coupon promotion voucher
shipment delivery shipping parcel
address location
ticket case issue
agent representative
queue backlog
message mail email
email mail
channel room
thread conversation
meeting event appointment
calendar schedule agenda
task todo
reminder alert
note memo
deal opportunity
lead prospect
campaign mailing
survey questionnaire poll
form questionnaire
report statement summary
dashboard overview
quota limit allowance cap
limit cap restriction quota throttle
rule policy
ruleset rule protection policy
setting configuration preference option
configuration config setting
container process
pod container workload instance
node machine host server
server machine host
cluster fleet
namespace project tenant
service endpoint
ingress route gateway
volume disk storage
snapshot backup
image picture container
replica copy instance
scale size replicas
deployment workload application app
application app program
daemon background
cron schedule recurring periodic
job batch
schedule timetable
priority importance
event occurrence
health status liveness
status state condition health progress
probe health
lease lock
endpoint address
network connectivity
firewall policy
domain hostname dns
port socket
queue topic
bucket storage container
table collection
database store
region zone location
instance machine server vm
template blueprint
schema structure definition
field column attribute property
record entry row
identity principal
invitation invite
block ban
announcement news
codespace workspace
install installation
integration app
badge shield
page site website
site website
link url
image avatar picture photo
avatar picture photo
size length
history log timeline
timeline history
deprecated obsolete
draft unpublished
public visible open
private hidden
rate limit throttle
language programming
commit push
author writer
diff patch difference
patch diff
hash sha checksum
signature sign
gpg signing
ssh key
subject about
participant attendee
quota allocation
differ difference compare diff contrast differs
busy activity active frequent
compress zip tarball archive gzip
founded created started
freelancer contractor outside external
squad crew gang team group
typo mistake error correct
scrap remnant snippet piece
fire trigger dispatch start
spend cost billing usage money
founder creator owner
newsletter mail
junk spam
hourly daily weekly nightly monthly schedule
fast quick speed performance
slow latency performance
broken failed failing error failure
dead failed stale lost
crash failure error restart
stuck pending waiting blocked
wait pending queue
todo task issue
duty role responsibility
rank priority order
urgent priority critical important
genuine valid authentic verified
fake invalid false
false dismiss ignore
forbidden denied blocked restricted
trusted allowed verified
safe secure security protected
danger risk vulnerability
attack vulnerability threat
hack vulnerability security
crime abuse report
abuse spam harassment report
skip bypass ignore exclude
exception bypass exclusion exempt
exclude exclusion ignore
include inclusion
gate approval protection
gatekeeper admission approval reviewer
sponsor fund donation
trophy achievement badge
homework assignment classroom
pupil student member
teacher instructor owner
boss owner administrator manager
guest visitor outside external
stranger outside external unknown
friend follower following contact
hire member employee join
newcomer invitation member
applicant candidate
resign leave membership remove
guild team group
tribe team group
club organization group
charity organization
shelf catalogue library
notebook note document
paper document
manual documentation readme
guide documentation template
recipe template workflow blueprint
mould template
prototype template draft
sample example template
machine-readable export json
spreadsheet csv export table
chart graph metrics
graph chart network dependency
tree hierarchy structure
parent upstream owner
child sub nested fork
sibling related
twin copy replica duplicate
mirror replica copy clone
spare replica backup
crowd audience group
speed rate
volume amount disk
amount quantity count number
maximum limit cap
minimum least limit
ceiling limit quota maximum
floor minimum limit
deadline due date milestone
birthday date
today now current
yesterday history past
past history previous
previous earlier last
earlier previous revision history
future upcoming scheduled
upcoming scheduled next
newest latest recent
oldest first
trend popular statistic
fame popular stars
vote reaction poll
opinion review feedback
verdict review conclusion decision
decision approval review
answer reply response comment
question issue discussion
request call query
demand request
complaint issue ticket report
praise reaction star
gossip discussion
news notification event feed
headline title
title name
caption title label
nickname alias name
alias name
slogan description
summary description overview
explanation description documentation
detail description information
information detail info
fact information
proof attestation verification signature
evidence attestation proof
stamp signature tag
seal signature lock encrypt
scramble encrypt
encrypt secret key
code source program
script program workflow code
recipe workflow
robot bot automation service
machine automation
helper assistant collaborator
assistant copilot ai
ai copilot assistant model
brain model ai
cloud remote hosted
local self own
own self custom
home default main
main default primary master
primary main master
spot place location
place location path
path route location
road route path
door ingress port entry
entry ingress record
gate ingress gateway
bridge network connection
wire network connect
connection network link
tunnel portforward proxy
forward proxy redirect
redirect forward route
wall firewall policy
shield protection policy
guard protection policy admission
law policy rule license
contract agreement license
agreement contract license terms
terms license agreement
fine penalty fee
tip hint suggestion
hint suggestion
advice recommendation suggestion
idea proposal suggestion
wish request preference
dream plan
plan schedule project
roadmap project plan milestone
stage environment phase
phase stage status
state status condition
mood status reaction
alive health running active
sick unhealthy health
heal repair restore fix
repair fix restore
cure fix
wound vulnerability
bug issue defect
patch fix update change
medicine fix
cluster group fleet
flock group
bag bucket collection
box container bucket
crate container package
parcel package shipment
cargo package
ship release deploy
boat container
harbour registry
warehouse registry storage inventory
store registry storage shop
vault secret storage
safe vault secret
chest storage
drawer folder
cabinet folder storage
shelf storage
disk storage volume drive
tape backup archive
film video media
song audio media
voice audio call
phone call contact
ring call notification
bell notification alert
alarm alert notification
siren alert
flag label mark
mark label tag flag
sticker label emoji
smiley emoji reaction
heart reaction like emoji
thumb reaction like
applause reaction
colour color label
picture image
portrait avatar image profile
face avatar profile
biography profile
curriculum profile
cv profile
identity profile account
passport identity credential
wallet payment balance
purse payment balance
purchase order buy
bargain deal discount
sale deal order discount
trade deal transaction
swap exchange replace
market marketplace shop
customer client
merchant seller vendor
courier shipment delivery
postman delivery mail
stamp mark
envelope message mail
letter mail message
note comment memo
diary log journal calendar
journal log
log journal output
protocol log audit
trail log audit history
footprint log usage
track trace log
spy watch monitor audit
observe watch monitor
peek read get view
glance view get
"""
"""Each line: words of which each may stand for each other."""

STANDS_FOR = """
kick eject expel boot oust: remove delete member
throw toss ditch scrap trash bin dump nuke: delete remove
rid: delete remove
peek glance: get list
grab pull: get download
people folks guys humans persons: user member collaborator person
colleagues teammates coworkers: member collaborator user
outsiders outsider external freelancer contractor: outside collaborator
boss manager supervisor: owner admin manager
folks: member user
anyone somebody: user
newcomer newbie: user member
myself: authenticated user
company firm business employer: organization org account company
department division: team group
box boxes machine machines computer computers server servers host hosts hardware vm: node host machine instance runner
worker workers: node runner worker
container containers: pod container
program programs app apps application applications software: application app deployment pod package
workload workloads: pod deployment job
instance instances copies copy: replica pod instance fork
drive drives disk disks: volume storage persistent claim disk
storage space: volume storage persistent claim
password passwords passphrase credential credentials login: secret credential password token
sensitive confidential: secret
key keys: key secret token
settings setting options configuration config: config setting configuration configmap map property preference
permission permissions rights right privileges access allowed entitled: permission role binding access authorization
allowed may: permission access review
authorise authorize: access permission role
scheduled recurring nightly hourly periodic timed timetable: cron schedule
nightly: cron schedule
batch one-off: job
logs log output printed stdout console: log logs
crash crashed failing failure error errors: event status log failed
happening happened activity: event activity audit timeline
traffic: network ingress traffic
firewall: network policy
url urls website websites: ingress page site url host
address addresses: endpoint address ip service
route routes routing: ingress route
load balancer: service ingress
certificate certificates cert: certificate signing request
memory cpu ram: resource metric quota limit usage
limits limit quota: quota limit rate range
ration budget allotment: quota limit budget
priority important: priority class
extension extensions plugin custom: custom resource definition extension
environment: environment namespace
project area partition tenant: namespace project
account accounts robot: service account user
robot bot machine-user: service account app
health healthy alive: status health component
drain: evict eviction
shrink grow bigger smaller resize upscale: scale
rollback revert undo: rollback revert restore
history: commit revision activity event history
bug bugs problem problems complaint complaints ticket tickets defect defects: issue
complaint: issue
proposal proposals suggestion suggestions contribution contributions changeset: pull request
patch: pull request diff
code source: repository repo content code
codebase: repository repo
folder directory: content tree directory
line lines: content
snippet snippets paste: gist
timeline: timeline event activity
annotate: comment annotation
remark remarks reply replies respond answer: comment
thumbs emoji smiley heart like likes: reaction
favourite favourites favorite favorites bookmark bookmarks liked: star starred
popular popularity: star fork traffic popular
fan fans admirer admirers: stargazer follower
follower: follower
goal deadline target: milestone
sprint: milestone iteration
reviewer reviewers: requested reviewer review
approval approvals signoff: review approve approval
build builds compile ci: workflow run check build
pipeline pipelines automation automations: workflow action pipeline run
step steps: job step
binaries binary downloads downloadable: asset artifact release
installer: asset release
library libraries dependency dependencies: dependency package sbom graph
ingredients bill materials: sbom
hole holes weakness weaknesses vulnerable exploit exploits: vulnerability advisory alert security
leaked leak leaks exposed: secret scanning alert
scanner: scanning
callback callbacks notify: webhook hook
ping: ping test
inbox unread: notification
mute ignore silence: subscription ignore notification
visitor visitors visits visited hits: traffic view
referrers referral: referrer traffic
clones cloned downloaded: clone traffic
languages written: language
licence legal: license
email mails: email
picture avatar photo: avatar image
bio profile: profile user
invoice bill billing cost costs money spend spending charge charges pay: billing usage payment charge cost
seat seats: seat license assignment copilot
plan subscription: plan subscription
laptop cloud-editor workspace: codespace workspace
reserved: reserve
country city: location address
vendor supplier: supplier vendor
shop store: store shop
buyer shopper: customer
lapsed overdue late: overdue expired
today tomorrow: date
boundary: limit
swap exchange: replace update
tidy clean cleanup: delete remove clear
hook hooks: webhook hook
gatekeeper guard guards admission intercept: admission webhook validating mutating
cap: limit quota
abuse spam harassment troll trolls: block minimize report interaction lock
troll trolls spammer: block user
silence: lock mute
talk chat discussion conversation: discussion comment thread
newsletter: announcement
ban banned: block
spot: node
room: capacity
outage maintenance: disruption
handful: list
evicted evict: eviction
identity who: user account
login signin: login session authentication
sso: saml identity sso
hat hats: role
newcomer newcomers beginners: new user member invitation
posting post: comment create interaction
strangers: public external outside
told informed: notification subscription watcher
software: package dependency application
ingredients components parts: dependency sbom component
picture snapshot: image tree snapshot
folder folders: tree content directory
shop website site webshop: deployment page ingress
section area corner: namespace project
helper helpers: agent daemon sidecar collaborator
death died: crash failed event
nameless anonymous: public
forged fake stolen: token review invalid leaked
cleanly gracefully gently: eviction graceful
midnight noon morning evening: cron schedule
capacity power: scale replicas resources
vocabulary: custom resource definition schema type
gate gates: protection rule approval
hands: manual
robot robots: bot app service account runner
customer customers: customer installation client
business company firm: organization org enterprise
outcome result verdict: status conclusion result
script scripts: workflow action run
original source: upstream parent
copy copies: fork replica clone
plain: simple
page pages: page site
conversation chat: thread discussion issue comment
address: email endpoint ip
door doors: ingress access
shelf: registry
recipe recipes: workflow template
trash bin: delete
lost: restore
yesterday hour minutes ago: event log history
spot spots: line comment position
crew crews: team group
sprint sprints: milestone iteration project
credential: token secret permission
ours: member organization
host hosts: node host machine
earlier: revision history previous
states state: status revision
ended over: status finished complete
elastic: autoscaler horizontal scale
programs: application pod network
shield: policy protect network
frontend: deployment application web
installed known: resources api
antivirus: agent daemon
turn down: reject approval
announce announced advertise broadcast: publish release announcement notification
arrive arrived arrives delivered: delivery event status
bother bothered annoy annoying: block mute notification
catch caught: alert event
clash clashes collide: conflict merge
collect gather: list export
complain complained: issue report
confirm confirmed: approve verify accept
contribute contributed contributes: contributor commit pull
damage damaged harm: vulnerability alert
decide decision decided: approval review policy
divide divided: namespace group split
enter: access login
escape: bypass
examine inspect: review scan
expect expected: required
fail fails failed failing: failed status error
fit fits: match limit
gone missing lost disappeared: deleted event restore
grow shrink growing: scale autoscaler
guess: suggestion
hang hangs hanging hung: pending status cancel stuck
hide hidden: private visibility minimize
hold holds: contain store member
identify identified: identity user
improve improvement: suggestion update
invent: create
judge judged: review
land lands: schedule merge
lead leads leader: lease owner maintainer
learn: documentation
lend borrow: access share
lift: unlock remove restriction
mention mentioned: mention notification comment
mess: conflict error
miss missed: notification pending
nest nested: sub child parent
obey: policy rule
owe owes: invoice billing
pack packed: package archive
park parked: suspend pause
paste pasted: gist snippet
pick picked choose chosen: selected
plug plugged: attach volume integration
possess owns owned: owner
press: trigger
prevent prevented: protection forbid policy
print printed prints wrote: log logs output
promise: milestone
punish: block
reach reachable: endpoint service ingress access
receive received: delivery event notification
recognise recognize: verify
remember: star bookmark reminder cache
repair: fix autofix
rescue: restore
retire retired: archive delete deprecated
return: rollback restore
risk risky dangerous: vulnerability security alert
roll rolled rolling: rollout deployment
ruin: delete
sack sacked: remove member
scatter spread: distribute replicas
scream shout: alert notification
seal sealed: lock immutable signed
settle settled: resolved close
shelter: namespace
skip skipped: bypass ignore
slip: milestone
snatch: steal
sponsor: funding
squeeze: limit compress
stamp: tag signature
stay: keep retention
steal stole: leaked secret
stretch: extend scale
stumble: error
supply: provide
surprise: alert
survive: persistent
suspect suspicious: alert scanning
swallow: consume usage
tempt: suggestion
tidy: cleanup delete
tie tied: link bind binding
touch touched: commit change update
trace: log history
trade: exchange
trap: webhook admission
travel: transfer
treat: handle
trick: fake
trouble: issue event error
trust trusted: verified allowed
twist: change
undo undone: revert rollback delete restore
unite: merge
vanish vanished: deleted event
visit visited: view traffic
wander: move
warn warned warning: alert event
waste wasted: usage billing
weigh weight: size
welcome: invitation
whisper: private
wipe: delete purge
wonder: search
worry: alert
wrap: package
wreck: delete
two-factor 2fa mfa: two factor
badge: status
"""
"""Each line: words of a question, and the words of APIs that they may stand for, the likeliest first."""

PHRASES = """
go back to, return to, switch back: rollback revert restore
by hand: manually dispatch
false alarm: dismiss
out of reach: ignore
free of charge: billing
all over: everywhere
who works, who work, who is employed: list + employee member staff
say yes, says yes, give my blessing: approve accept approval
say no, says no, turn away: reject decline deny
small print, fine print, legal terms, terms of use: license terms
pull the plug: stop delete suspend disable
in line with, catch up with, in step with: sync merge upstream update
starting point, jumping off point: template
go live, goes live, went live, going live, live site, in production: deployment environment release production
run out, runs out, ran out, no longer valid: expire expired
cut the connection, cut the link, break the link: remove unlink detach
back up, safe copy, safety copy: backup archive export migration snapshot
what went wrong, go wrong, went wrong, gone wrong: failed error event log
at the same time, in parallel: concurrency
one after the other: sequence
on behalf of: impersonate
out of date, too old, past its date: outdated stale deprecated
left over, left behind, leave behind: artifact output remaining
take part, takes part: participant member collaborator
put in charge, in charge: assign assignee owner
look after, looks after, take care of: maintain maintainer owner manage
belong to, belongs to: member owner
work on, works on: assignee
work for, works for, works at, employed by: member org employee
sign off, give the green light, green light, give the go ahead, wave through: approve approval
green or red, pass or fail, passed or failed: status check conclusion
has been said, was said: comment
say something, have my say, chime in: create + comment
take back what, take back my: delete + comment
point out: comment
ask for, ask someone, ask somebody: request
keep an eye on, stay informed, keep me informed, keep me posted, hear about: subscribe watch subscription notification
stop hearing, no longer hear, leave me alone, stop bothering, no more mail: unsubscribe mute ignore subscription
for good, once and for all, forever: permanently delete
for a while, for now, for the time being: temporarily suspend pause
on hold: suspend pause
over and over: repeat schedule
every night, every day, every hour, every week, each night, at midnight, at night: cron schedule
once only, just once, one time only, one time, a single time: job once
from scratch: new create
by itself, by themselves, on its own, without me: automatically auto
with the load, under load, busy hours, rush hour, peak hours: autoscaler scale
by accident, accidentally: mistake leaked
out in the open, in the open, in public: public leaked exposed
behind closed doors, kept secret: private secret
who did what, paper trail: audit log
how did it go, how is it going, how far, how are things: status
how often, how many times, number of times: count statistics
how popular: star traffic statistic
how long: duration retention usage
how big, how large: size
how fast, how quickly: performance rate
how well: health status
where do they come from, come from: referrer source
where does it live, where is: location path
what is new, whats new, what's new, anything new: notification changelog release
what changed, has changed, was changed, what differs: diff compare change commit
what is inside, what's inside, what is in: content list files
what is left, how much is left, is left, left over: remaining quota limit
who am i, am i logged, i logged in: authenticated + user
who else: list + member
who has access, who can see, who may see, who can get in: list + collaborator permission access role binding
who has what, who may do what: role binding permission
may push, can push, may write, can write: push + collaborator permission access
make public, open up: visibility public update
make private, lock down: visibility private update
make sure, ensure that: rule protection policy
nobody should, nobody may, no one may, no one should, keep people from, keep anyone from: protection rule policy forbid
keep from, keeps me from, prevents me from: block protection budget
first come first served: queue
up and running, is up, are up: running status health ready
still there, still alive: health status
is down, went down, broken down: health status failed
blow up, fell over, falls over, died, die, dies: crash failed event log
eat all, eats up, use up, uses up, hog: quota limit usage
share fairly, fair share: quota limit
more room, more space, out of space, running out of space: storage volume quota
bigger machine, stronger machine, more power, more muscle: scale machine size
nice name, proper name, web address, domain name: hostname domain ingress
inside the company, in the company, in our company, our firm, our company: organization org internal
the outside, from outside, outside world, the internet, on the web, the public: ingress public external
talk to each other, who may talk, allowed to talk: network policy
same on every, one on each, on every machine, on every box, on all machines, on each machine: daemon + set
side by side, next to each other: compare
step by step: job steps workflow
in bulk, all at once, in one go: bulk batch collection
by name: get search
by hand, manually: dispatch manual trigger
on the fly: dynamic
key ring: keys
front page, cover page: readme homepage
small change, tiny change: patch update
typo: update
the rest: other
build robot, build robots, build machine, build machines, build server, build servers, build agent: runner
join code, sign up code: registration token invitation
feature switch, feature switches, feature toggle: feature flag config
password store: secret
login data, login details: credential secret
planning board, task board, kanban board: project
due date: milestone deadline
to do: issue task
false alarm: dismiss alert
security hole, weak spot, weak point, known hole, known holes: vulnerability advisory alert
third party, third parties: dependency external
phone home: webhook
call my server, tell my server, call my url, notify my system, tell my system: create + webhook
chat room: channel
mailing list: list audience
address book: contact
price list: price
shopping cart: cart
credit card: card payment method
bank details: bank account
pay back, money back: refund
time off, day off: leave vacation absence
get rid of, throw away, take away, wipe out, clean up, tear down, take down, take out, do away with: delete remove
kick out, throw out, boot out, push out: remove delete
sign up, set up, bring up, spin up, put up, stand up, start up: create add
turn on, switch on: enable set update
turn off, switch off, shut off: disable delete
shut down, close down: delete stop close
look up: get search
look at, take a look at: get
log in, sign in: login session
log out, sign out: logout session
fill in: update
write down: create
hand over, pass on, give away: transfer
roll back: rollback revert
start over, try again, run again, once more, do over, one more time: rerun retry redeliver
give access, grant access, let in, give permission: add + permission access role collaborator
take back: revoke delete
kick off, set off, fire off: dispatch create trigger run
hold off: pause
how many: list count
how much: get usage
am i allowed, can i, may i, allowed to: create + access review permission
who am i: get + authenticated user self subject
pull request, merge request: pull + request
point in time: snapshot
machine user: service + account
service account: service + account
source code: repository content
two factor, second factor: two + factor
bill of materials: sbom dependency
deploy key: deploy + key
single sign on: saml sso
access token, api key, api token: token key
status check, status checks: status + check
merge conflict: merge
read me: readme
code of conduct: conduct
white list, allow list: allow ip list
black list, block list: block
up to date: update
in charge of: owner
out of office: status
rate limit: rate + limit
public key, public keys: public + key
load balancer: service
config map: config + map
network policy: network + policy
custom resource: custom + resource
storage class: storage + class
persistent disk, persistent storage: persistent + volume
"""
"""Phrases, and what they stand for: alternatives by spaces, several things by ``+``."""
