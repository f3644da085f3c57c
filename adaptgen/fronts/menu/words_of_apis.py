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

ASKING = frozenset(("what", "which", "who", "whom", "whose", "where", "when", "why", "how"))
"""Words with which one asks: what follows is to be looked at, unless a verb says more."""

VERBS = {
    "list": "list show display see view enumerate browse",
    "read": """get read fetch retrieve find check look tell inspect describe know download compare count search query
               lookup view watch monitor explain render preview export compute""",
    "create": """create add make new open start register post insert upload write put publish generate set setup
                 establish introduce file submit raise invite fork import attach assign grant give bind subscribe
                 enable install append attach star follow lock pin reserve schedule provision launch spin plant""",
    "update": """update change edit modify patch alter rename adjust move replace amend revise correct fix tweak switch
                 toggle transfer reopen resolve convert mark dismiss configure customise customize scale resize
                 extend reorder reset rotate restore promote merge close hide minimize approve""",
    "delete": """delete remove drop erase destroy kick unassign unsubscribe revoke clear wipe purge discard cancel
                 disable uninstall detach unlink unfollow unstar unlock withdraw ban block evict throw terminate kill
                 undo unpin trash scrap tear strip eject expel forget""",
    "run": """run execute trigger rerun retry redeliver dispatch ping test send invoke call perform deploy build sync
              validate verify refresh request force stop pause resume wake""",
}

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
policy rule
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
storage disk volume
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
backup snapshot
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
two-factor 2fa mfa: two factor
badge: status
"""
"""Each line: words of a question, and the words of APIs that they may stand for, the likeliest first."""

PHRASES = """
get rid of, throw away, take away, wipe out, clean up, tear down, take down, take out, do away with: delete remove
kick out, throw out, boot out, push out: remove delete
sign up, set up, bring up, spin up, put up, stand up, start up: create add
turn on, switch on: enable set update
turn off, switch off, shut off: disable delete
shut down, close down: delete stop close
look up, look at, take a look at: get
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
