"""Terms of APIs: source hosting: projects, branches, proposals, issues, firms and their people."""

TERMS = """
allowed action: third party automation list trusted
api key create: new credential program issue backend integration limited
app: application integration bot program tool third party website web
app authorization delete: longer integration act
app installation: integration set firms
app installation suspend: pause integration
app manifest: register bot
app plan: integration cost price
app read: integration
app token check: credential integration good
app token delete: throw credential integration away
app token reset: new credential integration
app webhook: callback integration
archive: freeze mothball read pack download put away old zip tarball copy backup retired
archive tarball: compressed file zip download code
asset: file attached download binary upload picture equipment owned
assignee: works responsible charge hand give colleague owner takes care
assignee list: tickets
assignee remove: take ticket away person
authenticated: myself logged sign prove login identity second factor app code phone
authenticated user: myself logged signed account
authenticated user repo: projects
auto merge: accept automatically
autolink: external tracker links reference turn ticket numbers
batch job: computation calculation finished failed run completion
billing: cost money spend pay invoice charge price month minutes expense owe
blob: file raw bytes data contents
branch: line development main master trunk version copy
branch delete: scrap old line development
branch list: lines development exist
branch merge: combine lines
branch protection: guard rules nobody force push lock main master stable forbid require overwrite reviews
branch protection delete: write
branch protection update: change hold merging
branch rename: call line otherwise main instead master
budget: spending ceiling limit cap money cost
budget create: never spend ceiling
budget delete: spending ceiling
budget list: spending ceilings limits money
budget update: raise lower spending ceiling
campaign: drive effort initiative newsletter mailing advertising blast
campaign create: start drive fix holes prepare newsletter mailing
campaign email: newsletter mailing
campaign list: drives fix holes newsletters went
card: credit debit tile plastic task note board
certificate approval: decide sign
certificate renew: longer valid
certificate signing request: application apply awaiting decision identity
certificate signing request approval: say yes grant application
certificate signing request create: apply
certificate signing request delete: reject throw away application
certificate signing request list: applied awaiting decision
certificate signing request read: application
channel member: room
child team: sub group below parent
classroom: students course teaching school assignment homework lesson room
classroom list: courses
clone: downloads copied
code frequency: lines added removed weekly
code of conduct: behaviour rules community manners
code of conduct list: rules behaviour choose
code owner: responsible files
code owner error: mistakes responsible files
code quality: good source tidy
code scanning: security analysis bugs holes static analyser flaw finding weakness
code scanning alert: bugs weaknesses found
code scanning alert update: false alarm problem ignore warning
code version: release server software build
codeowners: responsible files mistakes
collaborator: people push write change access rights outside helper coworker colleague allowed partner see share
    directory
collaborator add: give write access person bring helper project
collaborator list: push write access
collaborator permission: rights level person
collaborator remove: take access away throw helper
combined: overall together
comment: remark reply answer note message response post text word opinion say discuss
comment pin: keep remark top
commit: change edit history revision save check snapshot
commit activity: busy weekly year
commit branch: change tip
commit comment: remark change edit
commit comment create: say change
commit compare: differs between two versions lines
commit list: changed file touched history recent edits
commit pull: proposal brought change
commit read: changed edit
commit search: find changes message
commit status: green red passed failed outcome result
commit status combined: overall result checks
compare: difference between two versions changed lines release
component status: control plane healthy scheduler parts well manager brain etcd
content: file folder source text read lines document inside
content create: save write file document commit upload
content delete: remove file
content update: save write edit file document
contributor: people wrote worked helped coded developers authors
contributor repo: wrote project
contributor stat: wrote
create repo: start empty new codebase
credit: money ai consumption left prepaid balance
custom property: attribute metadata tag projects
default branch: main line
delete repo: destroy codebase good
delivery: sent call attempt arrived parcel bring
delivery attempt: send call repeat
delivery list: calls made server
dependencies blocked: finished waits start prerequisite
deploy key: machine read ssh access server clone project credential
dismiss: throw ignore relevant reject
draft: unfinished early ready published unsent finished
emoji: smiley pictures
emoji list: smileys
enterprise: corporation group company business
failed invitation: join
failed job rerun: try broken parts
follow user: keep person
follower: fans audience people hear news
follower list: fans
fork: copy duplicate derived clone version
fork create: copy play
fork list: made copies
fork pr approval: outside strangers time contributors builds
fork repo: copy project
frequency: additions deletions weekly
gist: snippet paste note scrap piece code share small fragment
gist comment: remark snippet
gist create: save scrap snippet share piece code
gist delete: throw snippet away
gist fork: copy snippet
gist list: snippets scraps
gist read: look scrap snippet
gist revision: earlier state scrap
gist star: favourite snippet
gist update: change scrap snippet
git blob: raw file
git commit: raw change
git ref: pointer branch mark
git tag: annotated mark version
git tree: folder structure
gitignore: files never committed skip template
gitignore template: files committed ready list language
gpg key: sign signature
gpg key create: sign changes
grant: allowed permission
head: tip newest
hook: callback url server system tell notify ping
hook org: callbacks company
hook repo: callbacks project
hovercard: short person
immutable: never change fixed frozen
immutable release: published versions never change
import job: bring
import status: far bringing loading
insight: numbers statistics say
insight actor: calls api
insight stat: api calls often
installation: app integration granted set added
installation access token: credential app short lived
installation delete: uninstall integration
installation list: integration firms
installation repo: projects app sees
installation suspend: pause app block
invitation: ask join pending offer waiting accepted newcomer colleague bring board
invitation accept: join say yes
invitation cancel: take
invitation create: ask person join firm bring colleague board
invitation decline: say
invitation delete: take longer asked
invitation list: people asked join answered accepted
invitation list repo: asked join project
issue: ticket bug problem report complaint defect task todo case request trouble
issue assignee: hand colleague responsible works give take charge ticket put
issue comment: reply answer remark respond say task
issue comment create: answer reply ticket say
issue comment delete: take reply answer
issue comment list: answered said
issue comment update: fix typo answer
issue create: report bug file complaint open new problem task
issue dependencies: finished blocks waits start prerequisite
issue event: happened ticket history
issue field: custom property ticket value
issue label: mark category categorise flag colour ticket
issue list: open bugs problems reported tickets tasks
issue lock: stop arguing freeze conversation further discussion heated close replies people
issue milestone: due date batch tickets
issue parent: larger ticket belong
issue reaction: thumbs heart
issue search: find bugs task
issue timeline: happened ticket
issue type: ticket
issue unlock: people write reopen discussion
issue update: mark close finish reopen change title task
jitconfig: time build machine
key: ssh gpg public login credential sign value
label: mark category categorise flag colour badge sticker keyword tag postage paper parcel stamp
label create: new category colour postage buy stamp send parcel
label delete: category longer
label list: categories exist
language: programming written tongue share
language repo: programming tongues project written
language stat: programming
lfs: large files
list member: subscriber
list member public: shows openly belongs
lock: freeze stop end argument close keep others further
marketplace: buy sell plan shop
member: people belongs works employees staff colleague joins leaves coworker worker user
member list: works firm company people belong colleagues
member remove: person left company throw fire take away access
member team: people group
membership: member belongs joins leaves role admin person firm
membership remove: take person firm
membership set: role person firm
merge: accept take land main line combine join bring
merge upstream: sync bring fork copy date original
meta: ip addresses ranges firewall service info
meta version: api spoken
migration: backup export full copy data archive move away takeout host
migration archive: download backup export
migration delete: throw away backup
migration list: backups made
migration start: take full backup data
migration status: backup ready
migration unlock: people work move
milestone: deadline goal target due date sprint planned
milestone create: set new goal due date
milestone delete: give goal
milestone list: goals deadlines
milestone update: move goal due date
notification: inbox news unread update message told inform alert push happened mentions
oauth: login token grant consent third party app
octocat: cat picture
org: organization firm company team account business employer corporation
org block: ban troll spam keep away
org block list: banned
org delete: close firm good
org invitation: asked join firm waiting answered
org list: firms belong
org member: works firm company employees staff people colleague belongs
org read: firm
org repo: projects firm
org role: rights people duties
org unblock: forgive banned
org update: change firm name settings
org webhook: call server url pushes happens firm
organization: firm company team account business employer corporation tenant customer
outside collaborator: freelancer external contractor non member staff
outside collaborator convert: member
page: website site web static published hosted project homepage
page build: website rebuild publish anew
page create: turn project website new site
pages delete: take website down site
pages health: website domain well set
pages update: change website domain source site
participation: activity weekly owner others worked week takes part
pat grant: credentials reach firm
pat request: asks credential awaiting decision
pat request review: say yes credential
path: read pages popular
pending invitation: asked join waiting answered
permission check: allowed
pin: keep top mark
project: planning board kanban cards roadmap group resources work
project card: note board
project column: lane board
project create: new planning board start
project field: column property board
project field create: new column board
project item: cards planning board tasks entries
project item add: put card board
project item delete: take card board
project item update: move card board column
project list: planning boards exist
project status update: progress news plan
project team: boards group
project view: layout board
property: attribute metadata field house flat hotel custom
property schema: attributes projects
property value: attributes projects
public key: encrypt seal storing
public membership: show hide belong
pull: patch change proposal contribution merge request suggestion
pull check merged: proposal accepted taken
pull commit: changes steps proposal edits
pull create: propose changes work taken offer patch contribution open
pull file: documents changed proposal touch
pull list: proposals waiting open contributions patches
pull merge: accept take land main combine finish ship patch line contribution
pull read: proposal doing
pull request: patch change proposal contribution merge suggestion
pull review: approve verdict judge patch ask colleague look
pull review comment: remark line patch
pull review dismiss: throw outdated approval
pull update: change title close proposal
pull update branch: bring proposal date main line
punch card: hour day
rate limit: calls left quota allowance requests remaining hour throttle
reaction: emoji thumbs heart smile smiley
reaction create: thumbs heart
reaction delete: take thumbs heart
reaction list: liked thumbs hearts
readme: front page introduction description documentation project cover text
readme read: front page introduction
redeliver: send retry once
ref: branch pointer tag
ref create: begin new line development branch
ref delete: scrap line development branch marker
ref update: move pointer force
referrer: visitors come sites link
rename: call otherwise new name
rename branch: call otherwise
repo: repository code codebase project source git program software tree
repo archive: read retire project mothball
repo create: start new empty project codebase
repo delete: destroy project good
repo event: happened activity project
repo invitation: asked join project waiting
repo invitation accept: join project say yes
repo list: projects codebases exist
repo secret: password project
repo subscription: keep posted project ignore
repo tag: marked versions
repo team: groups access project reach
repo topic: subjects keywords project
repo transfer: give project owner
repo update: rename description private public hide project
repo variable: value project
repo webhook: call server url pushes happens project
repository: repo code codebase project source git program software
requested reviewer: ask colleague look check patch
review: look check feedback approval opinion assess judge verdict sign reject thoughts allowed question rating stars
    ask patch colleague second pair eyes
review comment: remark line patch
review comment create: remark line
review delete: throw away unsent verdict
review dismiss: throw outdated cancel stale invalid approval
review list: looked proposal verdicts
review request: ask colleague look
review request remove: person look
review submit: hand verdict
review update: change words verdict
role: rights duties powers permissions set privilege function allowed developer admin bundle
search: find look containing mention
search code: find text files function
search commit: find changes message edit
search issue: find tickets bugs
search label: find categories
search repo: find projects
search topic: find subjects
search user: developers people find city
self hosted runner: build machine agent worker
self subject access review: allowed myself
self subject rules review: list rights
service status: state down
signing key: changes tokens
ssh key: login public get hosts
ssh key list: log
star: favourite bookmark mark interesting appreciate likes gave
star list: favourites bookmarked liked
stargazer: likes fans starred favourite bookmarked admirers gave
stargazer repo: likes project
starred create: bookmark favourite project
starred delete: take bookmark away unlike
stat: numbers statistics activity busy figures opened clicked
status: outcome state condition progress finish ready stuck result green arrived delivered far
status check: tests green merge
status create: tell result external check green red
status list: checks pass
sub issue: child part smaller split subtask break down parent ticket
subject access review: allowed check permission behalf
subscription: follow news told watch mute topic receive plan membership recurring monthly notify ignore silence keep
    posted hear reader person
tag: version marker mark point name keyword label group
tag list: versions marked
tag protection: nobody overwrite versions
tag release: version published mark
tag repo: versions marked
tarball: download archive sources
team: group department squad crew unit circle club
team child: groups
team create: found new group squad
team delete: dissolve group squad
team list: groups squads exist
team member: group people put
team member add: put person group squad
team member list: group squad
team membership: put group join take
team membership remove: take person group
team permission: group project
team read: group
team repo: group access squad project codebase reach
team update: rename group squad
ticket merge: problem twice
token: credential key access pass
token review: login credential genuine valid
topic: keyword subject label categorise category describe words project theme channel events
topic replace: describe project words
topic subscription: receive messages
traffic: visitors visits views popular people audience road jam requests bytes
traffic clone: often downloaded
traffic path: pages read
traffic referrer: sites visitors come
traffic view: people looked visited
transfer: give away move hand owner send money wire account
tree: folder directory files structure listing
unlock: reopen allow
upstream: original parent
usage: spent consumed cost
usage report: consumed cost money
usage summary: consumed short
user: person account profile developer employee customer
user assigned check: ticket person
user authenticated: myself logged signed account
user block delete: forgive
user block list: banned
user create: new account sign register person employee
user delete: close account erase person left
user email: addresses mail
user follower: fans
user list: accounts people
user presence: online away
user read: person profile live
user repo: projects person
user search: find developers city followers people look name mail
user update: change name profile bio person details rename
watcher: follows watches
watcher repo: follows project
webhook: call server url time callback notify hook http endpoint told system ping inform happens whenever
webhook create: tell url happens call server time pushes system whenever
webhook delete: longer call server
webhook delivery: sent attempts calls tried arrived went wrong url
webhook list: told urls called servers
webhook ping: test try works
webhook redeliver: send call
webhook test: try callback
wiki: pages documentation
zen: wisdom saying wise
zipball: download archive sources
"""
"""Each line: what a tool must name in full, and the plain words that it may be asked for with."""
