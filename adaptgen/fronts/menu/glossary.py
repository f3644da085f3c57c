"""A glossary of what APIs are about: a term, and the plain words in which people speak of it.

Each line is ``term: words``; a term of several words is one that a tool must name in full. General knowledge of the
domains: source hosting, builds, containers, identity, storage, messages, tickets, customers, payments, shops, money,
calendars, documents, networks, monitoring, people, travel, media.
"""

TERMS = """
repo: repository code codebase project source sources git program software
repository: repo code codebase project source sources git program software
collaborator: people who may push write change access rights outside helper coworker colleague allowed let in
collaborator permission: how much may someone do rights level
contributor: people who wrote worked helped coded developers authors
invitation: invite ask join pending asked
branch: line of development main master trunk version
branch protection: protect guard rules nobody force push lock main master stable forbid require
protection: protect guard rules forbid prevent nobody allowed require safe
ruleset: rules protect forbid prevent nobody allowed force push main branch conventions enforce
commit: change changes changed edit history revision who did save check-in snapshot
commit comment: remark on a change
commit status: green red passed failed outcome result
compare: difference between two versions changed since
tag: version marker mark point name
ref: branch pointer tag
tree: folder folders directory directories files structure listing
blob: file raw bytes data contents
content: file files folder source text read lines document
contents: file files folder source text read lines document
readme: front page introduction description documentation about
license: licence legal terms copyright allowed reuse
topic: keyword subject label categorise category describe
language: programming written in which tongue share
fork: copy copies own duplicate derived clone
star: favourite bookmark like mark interesting appreciate
stargazer: who likes fans starred favourite bookmarked admirers
watcher: who follows watches
subscription: follow watch notify notified ignore mute silence plan keep me posted
subscriber: who follows watches
follower: who follows fans
following: whom follow
pull: patch change proposal proposed contribution merge request suggestion changes
pull request: patch change proposal proposed contribution merge suggestion
pull merge: accept take land into main combine finish ship
merge: accept take land into main line combine join
review: look over check feedback approval approve opinion assess judge verdict
reviewer: ask somebody to look over check patch colleague
requested reviewer: ask colleague someone to look over check patch
review dismiss: throw out outdated cancel stale invalid approval
review comment: remark on line of patch
issue: ticket bug problem report complaint defect task todo case request
issue comment: reply answer remark respond say
issue lock: stop arguing freeze conversation further discussion heated close to replies
issue assignee: hand to colleague responsible who works on give take over in charge
assignee: who works on responsible in charge hand give colleague owner
issue dependencies: must be finished before blocks blocked waits start first prerequisite depend
dependencies blocked: must be finished before waits start first prerequisite depend
sub issue: child part smaller split subtask break down parent
issue label: mark category categorise sort kind flag colour
label: mark category categorise sort kind flag colour badge
milestone: deadline goal target due date sprint planned
comment: remark reply answer respond say note discuss
reaction: emoji thumbs up heart like smile
timeline: history what happened story
event: what happened went wrong activity history lately recent occurred problems warnings
release: published version ship changelog download public
release note: changelog what is new write automatically summary of changes merged
release latest: newest most recent current published version
release asset: download attached file binary installer upload attach
asset: file attached download binary upload
artifact: files build left behind output result produced download
workflow: pipeline automation build ci procedure process
workflow run: build pipeline execution job ci
workflow dispatch: start trigger kick off by hand manually pipeline build run
workflow rerun: again retry once more repeat
run: execution build pipeline
run log: output printed console what happened
job: task step piece of work computation one-off batch
runner: build machine agent worker server ci host executor
self hosted runner: own build machine agent worker
runner registration token: add new own machine join connect
secret: password credential key token confidential store safe sensitive hidden
action secret: password credential ci build pipeline key token store
variable: setting value parameter configuration constant
environment: stage staging production target
deployment: rollout shipped release live application app web stateless service software program
deployment status: live outcome finished progress rollout
check run: test result outcome build passed failed green red
check suite: tests results outcome
status: outcome state condition progress finish finished done ready how is it going stuck why
webhook: call my server url every time when somebody callback notify hook http endpoint told
webhook delivery: sent attempts calls tried arrived
webhook ping: test try whether works
redeliver: send again retry once more
deploy key: machine read-only ssh access server clone
key: ssh gpg public login credential
gpg key: sign signature signing
ssh key: login public
gist: snippet paste note scrap piece of code share
wiki: pages documentation
page: website site web static published hosted
page build: website rebuild publish
pages: website site web static published hosted
traffic: visitors visits views popular how many people
referrer: where visitors come from sites link
view: visits visitors seen looked
clone: downloads copied
participation: activity weekly
punch card: hour of day when
frequency: additions deletions weekly
vulnerability: hole weakness security flaw exploit known
alert: warning finding problem hole vulnerable leak
dependabot: dependency library third-party holes vulnerable outdated updates
dependabot alert: third-party libraries known holes vulnerable dependency
code scanning: security analysis bugs holes in own code static
secret scanning: leaked passwords keys tokens credentials in code exposed committed accidentally
secret scanning location: where leaked found
advisory: security vulnerability hole published known weakness notice disclose cve
private vulnerability reporting: confidential tell about hole
sbom: inventory components ingredients list auditors bill of materials dependencies
dependency graph: libraries third-party components
org: organization firm company team account business employer
organization: firm company team account business employer
org member: who works at firm company employees staff people colleague belongs
member: people who belongs works employees staff colleague person joins leaves
membership: member belongs joins leaves role admin
outside collaborator: freelancer external contractor non-member
org block: ban troll spam keep away
block: ban troll spam keep away bother unwanted
team: group department squad crew unit
team member: who is in group people put into
team membership: put into group join take out of
team repo: what group may access
custom role: own self-made rights
audit log: who did what trail record
user: person people account profile developer somebody who
authenticated user: me my myself own logged in signed who am i whose account
user authenticated: me my myself own logged in signed who am i whose account
authenticated: me my myself own logged in
email: mail address contact
social account: links other networks
codespace: cloud development environment dev workspace remote editor machine browser
codespace machine: size cpu memory
codespace stop: shut down costs nothing turn off
codespace start: wake turn on
copilot: ai assistant artificial intelligence code completion
copilot seat: licence license developers who hold has
copilot usage: how much is used
copilot metric: how much is used
billing: cost money spend pay invoice charge price bill
usage: how much used spent consumed cost
package: container image library registry published docker npm
package version: old image release
registry: images packages docker
migration: backup export full copy data archive move away takeout
migration archive: download backup export
import: bring over move from elsewhere load
project: planning board kanban cards plan roadmap
project item: cards on planning board tasks entries
project field: column property of board
project view: layout of board
project column: lane of board
project card: note of board
notification: inbox unread news told happened mentions
thread: conversation notification
thread subscription: mute ignore stop hearing silence follow
rate limit: how many calls requests may still make left hour remaining quota throttle
meta: ip addresses ranges firewall let in service info
zen: wisdom saying
emoji: smiley pictures
gitignore: files never committed skip template
code of conduct: behaviour rules community manners
community profile: healthy welcoming checklist
markdown: render format html text formatted
render: format html preview
search: find look for with many containing
search user: developers people find who in city many
search code: find text in files where is used
search repo: find projects about
search issue: find tickets bugs about
installation: installed app where integration granted
app: application integration bot program
app manifest: register bot
oauth: login token grant
grant: allowed permission given
token: key credential access pass
interaction limit: only members may comment temporarily cool down
import source: bring over
autolink: external tracker links reference
property: attribute custom field metadata
custom property: own attribute metadata
attestation: provenance proof origin built signed
cache: stored saved temporary speed
hosted runner: build machine size
network configuration: private network connect
campaign: drive effort initiative
classroom: students course teaching school assignment homework
assignment: homework task students
discussion: talk forum conversation
auto merge: accept automatically
lock: freeze stop further
unlock: reopen allow again
rename: call otherwise new name
transfer: give away hand over another account move owner
restore: bring back undelete recover
archive: download zip tarball whole copy backup
download: get save copy locally zip
tarball: download archive all sources
zipball: download archive all sources
generate: write make automatically produce
template: blueprint start from starter
enable: turn on start allow activate
disable: turn off stop forbid deactivate
cancel: stop abort halt kill running
approve: let allow accept okay
assign: give hand
dismiss: throw out ignore not relevant reject
pin: keep on top
convert: turn into
sync: bring up to date catch up upstream
stat: numbers statistics how many
pod: container containers workload process running program instance app unit
pod log: output printed console said wrote messages stdout container
pod status: why stuck pending container state crash
pod exec: shell command inside container run terminal execute
pod attach: terminal container connect join
pod portforward: tunnel local port container
pod proxy: http web page open internal container
pod eviction: gently remove container off machine drain respecting budgets move away
eviction: gently remove off machine drain respecting budgets move away
pod template: blueprint of containers
pod preset: defaults injected into containers
pod disruption budget: how many may be down at once maintenance keeps draining minimum available
poddisruptionbudget: how many may be down at once maintenance keeps from draining machine minimum available
pod security policy: forbid privileged root containers
podsecuritypolicy: forbid privileged root containers
node: machine host server computer hardware worker box vm
node status: machine healthy ready capacity
namespace: area tenant separate space project divided group partition environment section
service: stable address internal load balancer reach expose port network name virtual
service account: robot identity program machine user bot non-human
serviceaccount: robot identity program machine user bot non-human
service account token: robot credential login
endpoint: addresses behind service backends targets ip
endpoints: addresses behind service backends targets ip
ingress: hostname domain outside from internet web site url route traffic http public expose
network policy: firewall rules between applications traffic isolate block who may talk
networkpolicy: firewall rules between applications traffic isolate block who may talk
networkpolicies: firewall rules between applications traffic isolate block who may talk
config map: settings file configuration values application options properties
configmap: settings file configuration values application options properties
persistent volume: disk storage drive physical space
persistent volume claim: request for disk storage granted ask space
persistentvolume: disk storage drive physical space
persistentvolumeclaim: request for disk storage granted ask space
volume: disk storage drive
volume attachment: disk connected plugged into machine which
storage class: kinds of disk on offer fast ssd slow type tier
storageclass: kinds of disk on offer fast ssd slow type tier
csi driver: disk vendor plugin
replica set: copies identical instances generation of rollout
replicaset: copies identical instances generation of rollout
replication controller: old copies identical keeps number alive
replica: copies instances
stateful set: database ordered stable identity with own disk clustered
statefulset: database ordered stable identity with own disk clustered
daemon set: agent on every machine all hosts monitoring logging one per
daemonset: agent on every machine all hosts monitoring logging one per
deployment scale: copies how many instances more fewer number resize grow
deployment rollback: return to earlier version undo bad rollout
scale: copies how many instances more fewer number resize grow shrink
controller revision: earlier version history
cron job: nightly weekly daily hourly schedule scheduled periodic recurring timed backup report regularly
cronjob: nightly weekly daily hourly schedule scheduled periodic recurring timed backup report regularly
batch job: one-off computation calculation finished failed run to completion
horizontal pod autoscaler: grow shrink by load automatically elastic cpu
horizontalpodautoscaler: grow shrink by load automatically elastic cpu applications
autoscaler: grow shrink by load automatically elastic
resource quota: ceiling budget how much may be used area tenant limit total memory cpu
resourcequota: ceiling budget how much may be used area tenant limit total memory cpu
limit range: default maximum minimum per container size memory cpu
limitrange: default maximum minimum per container size memory cpu
priority class: urgent important push aside preempt first precedence rank
priorityclass: urgent important push aside preempt first precedence rank
role: rights set of permissions may allowed what developer admin function
role binding: grant give let person act as has been granted rights member assigned somebody
rolebinding: grant give let person act as developer has been granted rights tenant assigned somebody
cluster role: rights everywhere whole
clusterrole: rights everywhere whole
cluster role binding: administrator of everything grant everywhere superuser whole
clusterrolebinding: administrator of everything grant everywhere superuser whole make
subject access review: may is allowed can check whether someone permission right
self subject access review: may i am i allowed can i myself
selfsubjectaccessreview: may i am i allowed can i myself
self subject rules review: everything that i may do
selfsubjectrulesreview: everything that i may do
localsubjectaccessreview: may someone allowed in tenant
subjectaccessreview: may someone allowed can check
token review: is this login credential genuine valid whose
tokenreview: is this login credential genuine valid whose
certificate signing request: certificate application apply awaiting decision
certificatesigningrequest: certificate application apply awaiting decision
certificatesigningrequest approval: approve grant decide sign certificate application
custom resource definition: new kind of object teach own type extend
customresourcedefinition: new kind of object teach own type extend
api service: extension own api server aggregated plug
apiservice: extension own api server aggregated plug
api resource: what kinds of objects exist supported
validating webhook configuration: check objects before saved my server judge reject guard gate
validatingwebhookconfiguration: check objects before saved my server judge reject guard gate
mutating webhook configuration: change objects before saved my server alter defaults inject
mutatingwebhookconfiguration: change objects before saved my server alter defaults inject
admission: check before saved
initializer: prepare before
lease: leader election heartbeat who is in charge alive
component status: control plane healthy scheduler parts
componentstatus: control plane healthy scheduler parts
runtime class: sandbox which engine runs containers
audit sink: where record of who did what is sent
event list: what went wrong lately
binding: place put on machine schedule
finalize: finish deletion stuck terminating
proxy: web page open internal through reach
version: release of software which build
code version: release of server software which build
log: output printed console messages wrote
taint: keep away
watch: follow live changes stream as they happen
collection: all many every at once several
customer: client buyer account patron
contact: person people address book acquaintance
account: company customer client profile
lead: prospect interested potential buyer
deal: opportunity sale business
opportunity: deal sale business chance
pipeline: stages process funnel
activity: what happened call meeting
invoice: bill owe charge due
payment: pay money charge paid transaction
payout: money transferred bank earnings
refund: money back return reimburse
charge: pay money card
balance: how much money left
transaction: payment booking movement
subscription plan: recurring membership
coupon: discount voucher promotion
discount: cheaper reduction rebate
order: purchase bought sale
cart: basket shopping
product: item article goods catalogue
inventory: stock how many left warehouse
price: cost amount tariff
shipment: parcel delivery sent package
fulfillment: shipping delivery
dispute: chargeback complaint contested
tax: vat duty
ticket: issue case complaint request help
agent: support employee representative
macro: canned reply
message: text chat mail say write
channel: room group chat
conversation: chat thread talk
attachment: file enclosed
event type: kind
calendar: schedule agenda dates
meeting: appointment call session
appointment: booking date visit
availability: free when possible
attendee: guest participant who comes
reminder: alarm remember
document: file paper text
folder: directory place
file: document upload
permission: rights access who may share
share: give access others
bucket: storage container files
object: file
queue: backlog waiting messages
topic subscription: receive messages
instance: server machine vm copy
cluster: group of machines
snapshot: backup point copy
backup: copy safe restore
domain: website name dns
record: entry row dns
certificate: tls https encryption
metric: measurement number graph usage
dashboard: overview charts
monitor: watch check alarm
incident: outage problem emergency
on call: who is responsible tonight
employee: staff worker person
department: division team
leave: vacation holiday absence
vacation: leave holiday absence
payroll: salary wages pay
candidate: applicant job seeker
job posting: vacancy opening position
timesheet: hours worked
booking: reservation
reservation: booking
hotel: stay room
flight: plane trip
playlist: songs music
track: song
video: film clip movie
survey: questionnaire poll
response: answer
form: questionnaire
campaign email: newsletter mailing
list member: subscriber
segment: audience group
audience: people group
feature flag: toggle switch
flag: toggle switch
session: login signed in
login: sign in
logout: sign out
password: credential
password reset: forgot
two factor: second
group: team
"""

VERBS = """
merge: accept land combine take
dismiss: throw out reject outdated
lock: stop arguing freeze
unlock: reopen allow
transfer: give away hand over move
rerun: again retry once more repeat
redeliver: again retry send once more
dispatch: trigger start kick fire by hand
approve: allow accept let confirm grant
cancel: stop abort halt
restore: bring back undelete recover undo
rename: call new name
enable: turn on activate allow
disable: turn off deactivate stop
suspend: pause stop temporarily
resume: continue go on
revoke: take away withdraw invalidate
assign: give hand put in charge
invite: ask join bring in
remove: take away take out off throw out kick
block: ban keep away
unblock: forgive let back
follow: keep up with
star: favourite like bookmark
fork: copy own
archive: freeze mothball
publish: release make public
export: download take out backup
import: bring over load
generate: write produce make
render: format preview
compare: difference between
replace: change set edit overwrite instead pause update modify
update: change set edit modify adjust instead pause rename
create: add make new start open give let set put
delete: remove get rid throw away destroy take down never again stop retire clean
add: put give new create
set: choose put change
list: which what all show
get: what which show read details
check: is whether does
search: find which
download: get save
upload: put attach
stop: shut down turn off halt
start: launch turn on begin wake
"""
