"""Plain words: source, builds, containers, clusters, and what is said of anything."""

PLAIN = """
2fa mfa two-factor: two factor
abuse harassment: block report interaction lock
access: permission role binding authorization
account: service user
activity: event audit timeline
admirer: stargazer follower
admission gatekeeper guard intercept: webhook validating mutating
advertise: publish release announcement notification
ago minutes yesterday: event log history
alive healthy: status health component
allotment ration: quota limit budget
announce: publish release notification
annoy bother: block mute notification
antivirus: agent daemon
anyone profile somebody: user
app: application deployment pod package
arrive: delivery event status
authorise: access permission role
automation: workflow action pipeline run
avatar: image
balancer load: service ingress
ban punish: block
batch one-off: job
beginners: new user member invitation
bigger resize smaller upscale: scale
binaries: asset artifact release
bio: profile user
boot eject expel kick oust: remove delete member
bot machine-user: service account app
boundary: limit
budget: quota limit
callback notify: webhook hook
cap: limit quota
catch: alert event
cert: certificate signing request
changeset proposal suggestion: pull request
choose chosen pick: selected
ci compile: workflow run check build
clash collide: conflict merge
clean cleanup: delete remove clear
cleanly gently gracefully: eviction
cloud-editor laptop: codespace workspace
codebase: repository repo
collect: list export
company: organization org account enterprise
components: dependency sbom
confidential sensitive: secret
config: setting configuration configmap map property preference
console output stdout: log
container: pod
contribution: pull contributor request commit
corner partition tenant: namespace project
cost: billing usage payment charge
cpu: resource metric quota limit usage
credential: secret token password permission
custom: resource definition extension
damage harm: vulnerability alert
dangerous risk risky: vulnerability security alert
death died: crash failed event
decide decision: approval review policy
dependency: package sbom graph
disappeared: deleted event restore
ditch dump nuke rid scrap throw toss: delete remove
divide: namespace group split
downloads: asset clone artifact traffic release
drain: evict
elastic: autoscaler scale
emoji heart smiley: reaction
employer: organization org account company
ended: status finished complete
enter: access login
entitled: permission role binding access authorization
environment project shelter: namespace
error failure: event status log failed
escape: bypass
evening hourly midnight morning nightly noon periodic recurring timed timetable: cron schedule
examine inspect: review scan
exchange: replace update
expect: required
exploit hole weakness: vulnerability advisory alert security
exposed leaked: secret scanning alert
extension: custom resource definition
external: outside collaborator
failing: event status log error
fake: token review invalid
favorite: star
firewall: network policy
firm: organization org account enterprise company
fit: match limit
folks guys humans: user member collaborator person
frontend: deployment application web
glance peek: get list
goal promise target: milestone
grab pull: get download
grow shrink: scale autoscaler
handful: list manual
hang: pending status cancel
hat: role
health: status component
helper: agent daemon collaborator
hide: private visibility
hits: traffic view
hook trap: webhook
host: node machine instance runner
identify: identity user
ignore: subscription notification
important: priority class
improve: suggestion update
ingredients: sbom dependency component
instance: replica pod fork
invent: create
invoice spend: billing usage payment charge cost
judge: review
known: resources api
land: schedule merge
lapsed: overdue expired
leader: lease owner
legal licence: license
library: dependency package sbom graph
lift: unlock remove restriction
lost: restore deleted event
maintenance: disruption
materials: sbom
may: permission access review
mention: notification comment
mess: conflict error
missing: deleted notification event pending restore
myself: authenticated user
nameless: public
nest: sub child parent
newbie: user member
obey: policy rule
options: config setting configuration configmap map property preference
original: upstream parent
outcome: status result
outsiders: collaborator
pack: package archive
park: suspend pause
parts: dependency sbom component
password: secret credential token
patch: pull request diff
people: user member collaborator
permission: role binding access authorization
ping: test
pipeline: workflow action run
plain: simple
plugin: custom resource definition extension
popular: star fork traffic
possess: owner
press: trigger
prevent: protection policy
priority: class
problem ticket: issue
program: application app pod deployment network package
quota: limit rate range
reach reachable: endpoint service ingress access
recipe: workflow template
referrers: traffic
remark: comment
remember: star bookmark reminder cache
repair: fix autofix
rescue: restore
result: status
retire: archive delete deprecated
reviewer: requested
robot: service bot account app user runner
roll: rollout deployment
rollback: revert restore
ruin wreck: delete
sack: remove member
scatter spread: distribute replicas
scheduled: cron
scream shout: alert notification
seal: lock immutable signed
seat: license assignment copilot
shield: policy protect network
signoff: review approve
skip: bypass ignore
snatch: steal
snippet: gist
source: repository upstream repo parent content code
space: volume storage persistent claim
sponsor: funding
sprint: milestone iteration project
squeeze: limit compress
sso: saml identity
stamp: tag signature
states: status revision
stay: keep retention
stolen: token review secret invalid
storage: volume persistent claim
strangers: public external outside
stretch: extend scale
stumble: error
supervisor: owner admin manager
supplier: vendor
surprise worry: alert
survive: persistent
suspicious: alert scanning
swallow: consume usage
tempt: suggestion
tidy: delete cleanup remove clear
tie tied: link bind
timeline: event activity
today: date
touch: commit change update
trace: log history
trade: exchange
traffic: network ingress
travel: transfer
treat: handle
trick: fake
trouble: issue event error
turn: reject approval
twist: change
unread: notification
url: ingress page site host
vanish: deleted event
vocabulary: custom resource definition schema type
vulnerable: advisory alert security
wander: move
waste: usage billing
webshop: deployment page ingress
website: ingress deployment page site url host
weigh weight: size
welcome: invitation
wipe: delete purge
wonder: search
worker: node runner
workload: pod deployment job
workspace: codespace
wrap: package
"""
"""Each line: words of questions, and the words of APIs that they may stand for, the likeliest first."""
