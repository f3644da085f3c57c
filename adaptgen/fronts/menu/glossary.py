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
stateful set: database ordered stable identity with own disk each named
statefulset: database ordered stable identity with own disk each named
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
resource quota: ceiling budget how much may be used limit total memory cpu
resourcequota: ceiling budget how much may be used limit total memory cpu
limit range: default maximum minimum per container size memory cpu
limitrange: default maximum minimum per container size memory cpu
priority class: urgent important push aside preempt first precedence rank
priorityclass: urgent important push aside preempt first precedence rank
role: rights set of permissions may allowed what developer admin function
role binding: grant give let person act as has been granted rights member assigned somebody
rolebinding: grant give let person act as developer has been granted rights assigned somebody
cluster role: rights everywhere whole
clusterrole: rights everywhere whole
cluster role binding: administrator of everything grant everywhere superuser whole
clusterrolebinding: administrator of everything grant everywhere superuser whole make
subject access review: may is allowed can check whether someone permission right
self subject access review: may i am i allowed can i myself
selfsubjectaccessreview: may i am i allowed can i myself
self subject rules review: everything that i may do
selfsubjectrulesreview: everything that i may do
localsubjectaccessreview: may someone allowed in one area
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
action: build automation pipeline ci
action permission: which automation may run allowed third-party
workflow permission: what may pipeline token do read write default rights
enterprise: whole company business corporation
security: safe safety holes
access: may allowed who reach enter
restriction: only certain people may forbid limit
retention: how long kept days stored expire before thrown away
report: summary numbers overview
immutable: never change again fixed frozen
insight: numbers statistics how much
oidc: federated identity cloud login without password trust
attempt: try earlier previous run once
summary: overview short
pattern: own expression detect find
policy: rules allowed forbid
schema: definition structure shape
budget: spending ceiling limit cap money
bypass: exception allowed anyway around rule circumvent
concurrency: at the same time parallel simultaneous
autofix: repair automatically suggested correction
variant analysis: query across many
sarif: scanner results upload
head: tip newest
health: alive ready working ok
combined: overall all together
visibility: public private who can see
upstream: original parent
directory: folder place
annotation: notes found in lines remarks
preference: wish choice setting
credit: money balance left
plan: price tier subscription
feed: news rss atom
lfs: large files
author: who wrote creator
suggestion: proposal
devcontainer: configuration of cloud environment
code owner: who is responsible for which files
codeowners: who is responsible for which files mistakes
code owner error: mistakes in who is responsible for which files
fork pr approval: outside strangers first-time contributors builds
runner group: set of build machines
cache usage: how much space saved used
environment protection: approval before going live wait reviewers
pending deployment: waiting for approval to go live
deployment branch: which branches may go live
deployment protection rule: approval gate before going live
secret repo: which projects may use password
secret selected repo: which projects may use password
security manager: team that looks after safety
external group: directory identity provider
scim: provision accounts directory
child team: sub group below parent
org role: rights of people duties
personal access token: own credential developer
personal access token request: asks for approval credential developer
installation access token: credential of app short-lived
marketplace: buy sell plan shop
dns: domain name health
path: most read pages popular
dispatch event: custom trigger own
merge upstream: sync bring fork copy up to date with original
rename branch: call otherwise
issue type: kind of ticket
issue event: what happened to ticket history
issue field: custom property of ticket value
signature: signed genuine proof
profile: about me bio name picture
status check: tests must be green before merge
required status check: tests must be green before merge
commit search: find changes by message
search commit: find changes by message
search topic: find subjects
search label: find categories
list member public: who shows openly that belongs
check member: is somebody belongs works
check collaborator: is may somebody push access
check following: does follow
default branch: main line
commit activity: how busy weekly year
code frequency: lines added removed weekly
contributor stat: who wrote how much
language stat: programming
community: healthy welcoming
security advisory: vulnerability weakness hole disclose publish tell maintainers
advisory report: tell maintainers of a weakness confidential without making public
vulnerability report: tell maintainers of a weakness confidential without making public
alert dismissed: ignore not relevant
secret alert: leaked
push protection: stop leaked passwords before pushed bypass
dependency diff: which libraries changed between versions
dependency review: which libraries changed between versions
dependency snapshot: submit which libraries build uses
repo secret: password of project
repo variable: value of project
repo invitation: asked to join project waiting
repo topic: subjects keywords of project
repo tag: marked versions
repo team: groups with access to project
repo event: what happened activity in project
repo webhook: call my server url when somebody pushes happens in project
org webhook: call my server url when somebody pushes happens in firm
org invitation: asked to join firm waiting not answered yet
pending invitation: asked to join waiting not answered yet
failed invitation: could not join
org repo: all projects of firm
user repo: projects of person my
authenticated user repo: my own projects
create repo: start empty new codebase
fork repo: own copy
delete repo: destroy whole codebase for good
issue comment delete: take back reply
reply: answer
file: document text
update file: change edit save document
delete file: remove document
create file: add write save document
runner label: mark kind of build machine
workflow disable: stop nightly from running pause
workflow enable: let run again
workflow usage: minutes consumed how long
run approve: let stranger's build go
run cancel: stop build halfway
run attempt: earlier try
run usage: how long took
job log: output of step
artifact download: get what build left
artifact delete: throw away what build left
review request: ask colleague to look
review submit: hand in verdict
pull file: which documents changed
pull commit: which changes
draft: not finished yet early
branch merge: combine lines
git ref: pointer branch mark
git tag: annotated mark version
git tree: folder structure
git blob: raw file
git commit: raw change
event public: what is going on everywhere
received event: what people i follow do
gist comment: remark on snippet
gist star: favourite snippet
gist fork: copy of snippet
installation repo: which projects app sees
installation suspend: pause app block
app webhook: callback of integration
app installation: where integration is set up
block user: keep troll away ban
follow user: keep up with
user follower: fans who follows
user email: addresses mail
email visibility: hide show address
migration unlock: let people work again after move
import author: map people
project status update: progress news of plan
networking: network connect
container registry: image store
pod terminal: shell
node status: machine healthy ready full
node proxy: through to machine
node taint: keep new work away
node drain: empty machine before maintenance
service status: state
service proxy: web page internal open through
namespace finalize: stuck terminating
namespace status: state
component status: are the parts of control plane well scheduler controller manager
api group: which kinds of functions exist
api version: which versions are spoken supported
api resource list: which kinds of objects are known
event warning: what went wrong
replication controller: keeps number of copies old style
controller revision: earlier generations history to return to
pod template: prototype mould of containers
external name: alias
endpoint slice: backends
config: settings options
secret create: store password credential safely put
secret delete: throw away password
secret list: which credentials passwords are kept
secret public key: encrypt before sending
public key: encrypt seal before storing
deployment update: roll out new version of app change
deployment delete: take app down stop
deployment create: roll out new app start
deployment pause: stop rolling out
deployment rollback: return to earlier version undo
scale read: how many copies
scale update: more fewer copies resize
job create: start one-off computation run once
job delete: clean up finished one-off computation
cron job create: do every night schedule regularly
cron job update: pause nightly change time
cron job delete: never do weekly again
node list: machines servers in cluster
node delete: take machine out of cluster for good retire
node update: mark machine so that nothing new lands cordon
namespace create: make new separate area tenant
namespace delete: remove area with all that is in it
namespace list: areas that exist cluster is divided into
role create: define set of rights
role binding list: who has been granted rights
role binding create: let person act give rights
role binding delete: take rights away again
service account list: robots
service account create: new robot identity for program
service create: give app stable address
ingress create: send outside hostname to app
network policy create: who may talk to whom shut traffic
persistent volume claim create: ask for disk space
persistent volume claim status: was granted bound
persistent volume list: disks that exist
quota create: cap how much team may use
limit create: default size for containers
autoscaler create: grow and shrink by itself
disruption budget create: never let more than one go down at once
priority class create: let urgent push others aside
validating webhook create: have my server check objects
mutating webhook create: have my server change objects
certificate approval: decide sign
certificate create: apply for certificate
user list: everybody accounts
user create: new account sign up
user delete: close account
user update: change name
login history: when signed in
permission check: may somebody
role assign: give rights
customer create: new client
customer search: find client by name
order cancel: stop purchase
order refund: money back
invoice send: mail bill
invoice void: cancel bill
payment capture: take money
payment intent: about to pay
charge refund: money back
subscription cancel: stop plan
subscription pause: hold plan
payment method: card bank how to pay
bank account: iban where money goes
card: credit debit
product variant: size colour
stock level: how many left
ticket assign: give to agent
ticket merge: same problem twice
ticket reply: answer customer
message send: write somebody
message delete: take back
channel create: new room
channel member: who is in room
channel archive: close room
user presence: online away
file share: give others access
file version: earlier copy
folder share: give others access
calendar event: appointment
event attendee: who comes
alarm: warning threshold
log stream: output
metric query: numbers over time
dashboard share: show others
database backup: safe copy
database restore: bring back
server reboot: restart machine
instance start: turn on machine
instance stop: turn off machine
instance resize: bigger smaller machine
snapshot create: safe copy
firewall rule: who may reach port
load balancer: spread traffic
dns record: name to address
certificate renew: longer valid
api key create: new credential program
webhook create: tell me url when something happens
webhook test: try callback
export: takeout download everything
import job: bring over
audit event: who did what
pod: everything running runs crashed restarting restarts stuck alive containers started smallest piece workload application instance up now image
pod create: start single container without controller run image once launch
pod delete: kill restart container stop single throw away
pod list: everything that is running containers
pod read: why is container stuck crashing details
pod log: see printed written errors messages tail console wrote program said
pod exec: shell inside command type terminal enter look inside
pod portforward: reach container port from laptop local
pod ephemeralcontainer: debug running container attach tool
pod binding: place container on particular machine
replication controller: keep number of copies alive
replica set: generation rollout copies of web app
deployment: web app website frontend backend api server stateless rolled out rollout release software image version microservice
deployment create: launch put new web app online bring out first time run
deployment update: new image version of app change roll out newer software swap
deployment delete: take web app offline for good remove application completely
deployment list: web applications rolled out software services
deployment status: did rollout finish is app up ready complete healthy progress
deployment read: how is app configured which image version
deployment scale: ten copies instead of three number of instances bigger smaller capacity more fewer
deployment rollback: undo bad release return previous earlier image broken
stateful set: database databases queue ordered stateful with own disk each stable name mysql postgres kafka
stateful set create: run database with disk per copy
stateful set scale: more fewer database copies
daemon set: one per machine every machine each node log collector agent monitoring driver everywhere
daemon set create: run agent on every machine install collector everywhere
daemon set delete: stop running agent on all machines
job: one-off one-time batch computation calculation task run to the end once migration script finished failed
job create: run calculation once start one-off task
job delete: clean up finished computation remove old task
job list: which computations finished failed one-off tasks
job status: did computation finish succeed
cron job: nightly weekly hourly daily monthly regular timetable every night midnight timer planned recurring repeated cleanup report backup
cron job create: every night regularly start make it happen schedule
cron job update: pause change hour time of nightly suspend for a while
cron job delete: never again stop doing weekly nightly
cron job list: what runs regularly on timetable
service: internal stable address name port virtual ip reach each other discovery expose balancer backend
service create: give app stable internal address make reachable
service list: stable addresses balancers internal names
service delete: take address away unreachable
endpoints: which containers stand behind address backends real targets receive traffic
ingress: outside world website domain hostname url path https browser shop example com public requests end up routed
ingress create: send hostname from outside to app publish on the web
ingress list: which domains hostnames lead where routed
ingress delete: take website off the internet
network policy: firewall between applications who may talk to whom block traffic isolate wall allow deny connections
network policy create: shut off traffic only let talk isolate
config map: settings file configuration values options properties key value parameters environment
config map update: change one value in settings
config map create: keep settings apart from image
config map read: current settings of app
secret: password credential login token certificate key confidential safe
secret create: save store login password for app
secret list: which credentials passwords are kept
secret update: new changed password rotate
namespace: separate area tenant team space section compartment environment divided staging test
namespace create: make area for team separate space set apart
namespace delete: remove whole area everything in it close tenant
namespace list: into which areas divided exist tenants
persistent volume: disk drive storage physical available existing gigabytes
persistent volume claim: ask for disk space request granted gigabytes storage need
persistent volume claim create: ask for more disk gigabytes space for app
storage class: kinds of disk on offer fast slow ssd tiers which disks can be had default
volume attachment: disk plugged into which machine
node: machines servers hosts hardware computers boxes cluster consists of make up members
node update: cordon mark so nothing new lands off limits
node delete: retire remove dead broken machine for good
node read: how much memory cpu capacity does machine have
node list: which machines make up cluster
event: what went wrong lately recently happened problems warnings trouble failures reasons
role: set of permissions bundle of rights what developers may do
role create: define bundle of rights what may be done
role binding create: let person act as give rights in one area
role binding delete: take rights away from person
role binding list: who has which rights has been granted
cluster role binding: administrator of everything superuser whole cluster
cluster role binding create: make person administrator of everything
cluster role: rights that hold everywhere
cluster role binding list: who may do everything administrators
service account: robot identity for program that talks to api machine user bot log in non-human
service account create: identity for program robot new
token review: is this token credential login genuine valid whose
subject access review: may can someone allowed do check on behalf
self subject access review: am i allowed may i can i
self subject rules review: list everything that i may do my rights
horizontal pod autoscaler: grow shrink by load automatically elastic busy hours peak scale by itself cpu
horizontal pod autoscaler create: grow and shrink with load by itself automatically
horizontal pod autoscaler update: allow at most more copies under load
pod disruption budget: how many may be down at once during maintenance minimum up keeps me from draining
pod disruption budget create: never take down more than one copy at once
resource quota: cap ceiling how much team may consume memory cpu budget fair share
resource quota create: cap what group team may consume
resource quota status: how much of allowance is used up
limit range: default size per container biggest smallest
limit range create: give containers default memory if nobody said
priority class: urgent more important pushes others aside preempt first
certificate signing request: certificate application apply awaiting sign identity
certificate signing request create: apply for certificate
certificate signing request approval: say yes sign grant certificate application
certificate signing request list: who applied for certificates awaiting my decision
custom resource definition: teach new kind of object own type extend vocabulary
custom resource definition list: own kinds of objects that were added
custom resource definition create: teach cluster new kind of object
api service: own server answers part of api
validating webhook: my server checks judges refuses objects before saved
mutating webhook: my server changes completes objects before saved
pod security policy: forbid root privileged dangerous containers
component status: control plane brain scheduler etcd well healthy
code version: which release of server software build
api version: what does server speak
controller revision: history of rollout earlier states
pod template: mould
lease: leader heartbeat
watch pod: follow containers as they come and go
watch event: follow what happens live
watch node: follow machines
repo: project codebase
star: who likes bookmarked favourites gave appreciated
stargazer: who gave star liked favourite everyone
starred: my favourites bookmarks i liked
repo list: which projects codebases exist
repo create: start new empty project codebase
repo delete: destroy project for good
repo update: rename description make private public hide project
repo archive: read-only retire project mothball
repo transfer: give project to another owner
fork create: own copy to play with
fork list: who made copies
collaborator add: give write access person bring helper into project
collaborator remove: take access away throw helper out
collaborator list: who may push write who has access
branch list: which lines of development exist
branch rename: call line otherwise main instead of master
branch delete: scrap old line of development
branch protection: nobody may force overwrite main require reviews guard
ref delete: scrap line of development branch marker
ref create: begin new line of development branch
ref update: move pointer force
commit list: who changed file when last touched history recent edits
commit read: what was changed in one edit
commit compare: what differs between two versions lines
compare: what differs between versions lines changed since release
content: one source file read as it is document lines text
content create: save write file document commit upload
content update: save write edit file document
content delete: remove file
readme: front page what is project about
archive tarball: everything compressed file zip download whole code
license: under what legal terms
tag list: versions that were marked
release create: publish new version ship
release list: versions published shipped
release latest: newest version published current
release delete: take broken version down again
release update: fix description of version
release asset: installer binary file attached download
release note: write changelog automatically from what was merged
pull create: propose my changes work be taken offer patch contribution open
pull list: proposals waiting open contributions patches
pull read: how is my proposal doing
pull update: change title close proposal
pull merge: accept patch into main line take contribution
pull file: what does proposal touch change documents
pull commit: steps of proposal
pull reviewer: ask colleague to look over my patch
pull review: approve verdict judge patch
pull review dismiss: throw out outdated approval
pull review comment: remark on line of patch
issue create: report bug file complaint open new problem
issue update: mark done close finish reopen change title
issue list: open bugs problems reported tickets
issue search: find bugs about
issue comment create: answer reply under ticket say something
issue comment update: fix typo in my answer
issue comment delete: take back my answer
issue comment list: who answered what was said
issue lock: stop people arguing close discussion heated
issue assignee: hand ticket to colleague put in charge give work
issue label: sort ticket into category
issue milestone: due date for batch of tickets
issue timeline: what happened to ticket
issue dependency: what must be finished before
sub issue: split ticket into smaller parts
issue reaction: thumbs heart
label create: new category colour
milestone create: set new goal due date
milestone list: which goals deadlines
workflow list: which pipelines automation exist
workflow disable: stop pipeline from starting
workflow dispatch: fire start pipeline by hand manually
workflow run list: recent builds how did they go
workflow run: build how did it go result
workflow run cancel: abort build that hangs
workflow run rerun: try build once more again
failed job rerun: try just the broken parts again
workflow run log: read what build printed
workflow run delete: throw away old build record
workflow run approve: let stranger's build go ahead
job log: what did step print
artifact list: what files did the build leave behind
artifact download: get what build made
artifact delete: throw away build output
cache delete: empty saved speed files
cache list: what is kept to make builds faster
runner list: own build machines that execute builds
runner remove: retire build machine
runner create: add own build machine
runner registration token: connect new build machine
action secret: store password for ci builds pipeline
secret list: which passwords names are stored
variable: plain value for builds
environment: staging production target places deploy
deployment create: announce start going live
deployment list: what went live when
deployment status create: tell outcome of going live
pending deployment: what waits for approval to go live
webhook create: call my server url every time somebody pushes tell my system
webhook list: who is told which urls are called
webhook delete: no longer call my server
webhook test: try callback
webhook delivery: what was sent what went wrong when called my url attempts
webhook redeliver: send call again
deploy key: machine may read one project ssh
member list: who works at firm company people belong
member remove: person left the company throw out fire
membership: make person admin of firm role
invitation list: people asked to join who have not answered
invitation create: ask person to join firm
invitation cancel: take invitation back
invitation accept: join say yes
invitation decline: say no
block user: ban troll nasty spammer keep away
team list: which groups squads exist
team create: found new group squad
team member list: who is in group squad
team member add: put person into group squad
team repo: let squad group into project codebase
team delete: dissolve group squad
audit log: who did what when trail
outside collaborator: freelancers who are not staff
outside collaborator convert: make member outsider
user read: who is this person profile where do they live
user search: find developers in city with many followers people
authenticated user: who am i logged in whose account me
user update: change my profile name bio
email add: new address of mine
email list: my mail addresses
follower list: who follows fans
follow user: keep up with person
gist create: save scrap snippet share piece of code
gist list: my snippets scraps
gist delete: throw snippet away
notification list: what is new for me inbox unread
notification mark: i have seen everything read all
thread subscription: stop hearing from conversation mute
repo subscription: keep me posted about project ignore
rate limit: how many calls may i still make this hour
meta: which addresses must firewall let in
markdown render: convert formatted text to page
search code: where is this function used in which files
search commit: find edit by its message
search repo: find projects about
code scanning alert: bugs weaknesses found in our own code
code scanning alert update: false alarm not a problem ignore warning
dependabot alert: third-party libraries with known holes that we ship
dependabot alert update: ignore hole not relevant
secret scanning alert: leaked passwords in our code
secret scanning alert update: leaked password was changed settled
advisory list: known holes published weaknesses
advisory create: prepare notice of weakness
advisory report: tell maintainers of weakness without making public
sbom: full inventory of components ingredients for auditors
package list: container images libraries in registry
package delete: remove old image from registry
package restore: bring deleted image back
package version: which builds of image
codespace create: launch dev environment in cloud
codespace stop: shut down cloud environment costs nothing
codespace delete: throw cloud environment away
codespace list: my cloud environments
copilot seat: which developers hold ai assistant licence
copilot seat add: give ai assistant to developer
copilot seat cancel: take ai assistant away
copilot metric: is ai assistant used
billing: what do we spend this month cost minutes money
project item: cards on planning board
project item add: put card on board
project create: new planning board
project field: columns of board
page: website of project
page build: publish website anew
page create: turn project into website
traffic view: how many people looked visited
traffic clone: how often downloaded
traffic referrer: which sites do visitors come from
commit activity: how busy during last year
contributor stat: who wrote most
topic: which words subjects describe project
topic replace: describe project with words
migration start: take full backup of all data
migration status: is backup ready
migration archive: download backup
app installation: which firms use our integration
app installation suspend: pause integration
app authorization delete: no longer let integration act for me
oidc: prove to external cloud who the build is without password
retention: keep build output only ten days how long
interaction limit: only old members may comment for a while cool down
autolink: turn ticket numbers into links
ruleset create: nobody should be able to force push conventions for branches
ruleset bypass: who may skip checks exempt
custom property: tag projects with own attributes
status create: tell result of external check green red
status list: did all checks pass
check run create: report test result
check annotation: which lines are wrong
attestation: prove where binary came from
reaction create: thumbs up heart
classroom: homework students
"""

QUALITIES = """
pending: waiting not answered yet open outstanding unanswered
latest: newest most recent current last
failed: broken red went wrong unsuccessful
public: everyone visible open world
private: hidden confidential internal secret
archived: frozen old retired
starred: favourite liked bookmarked
enabled: on active
disabled: off inactive
default: standard usual normal unless
required: must needed mandatory
blocked: banned
assigned: given responsible
subscribed: follow watch
installed: added set up
verified: genuine proven
expired: old ended lapsed run out
active: live running now
recent: lately newest last
selected: chosen picked some
available: free offered possible choice
scheduled: planned later timed
nested: inside child
associated: belongs related linked
"""
"""Words that say which of the things a tool is about, and how people say it."""

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
