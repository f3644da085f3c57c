"""The glossary of source hosting: projects, proposals, issues, builds, packages, security findings, organizations."""

TERMS = """
action: build automation pipeline ci
action permission: which automation may run allowed third-party
action secret: password credential ci build pipeline key token store for builds
advisory: security vulnerability hole published known weakness notice disclose cve disclosure announcement
advisory create: prepare notice of weakness
advisory cve: official number for weakness
advisory list: known holes published weaknesses
advisory report: tell maintainers of a weakness confidential without making public
advisory update: change notice of weakness
alert: warning finding problem hole vulnerable leak danger
alert dismissed: ignore not relevant
alert list: what is open problems found warnings
alert read: about one warning
allowed action: which third-party automation may be used list of trusted
api key create: new credential program
app: application integration bot program tool third-party
app authorization delete: no longer let integration act for me
app installation: where integration is set up which firms use our
app installation suspend: pause integration
app manifest: register bot
app plan: what does integration cost price
app read: what is this integration
app token check: is credential of integration still good
app token delete: throw credential of integration away
app token reset: new credential of integration
app webhook: callback of integration
archive: freeze mothball read-only pack download
archive tarball: everything compressed file zip download whole code
artifact: files build left behind output result produced download product zip leftovers binaries
artifact delete: throw away what build left output
artifact download: get what build left made
artifact list: what files did the build leave behind
artifact retention: how long build output logs are kept
asset: file attached download binary upload
assignee: who works on responsible in charge hand give colleague owner takes care
assignee list: to whom can tickets be given
assignee remove: take ticket away from person
attestation: provenance proof origin built signed prove where binary came from genuine
attestation list: where was binary built proof
audit event: who did what
audit log: who did what trail record when
audit sink: where record of who did what is sent
authenticated: me my myself own logged in
authenticated user: me my myself own logged in signed who am i whose account
authenticated user repo: my own projects
auto merge: accept automatically
autofix: repair automatically suggested correction
autolink: external tracker links reference turn ticket numbers into link number
batch job: one-off computation calculation finished failed run to completion
billing: cost money spend pay invoice charge price bill what do we this month minutes spending expense
blob: file raw bytes data contents
block: ban troll spam keep away bother unwanted spammer
block user: keep troll away ban nasty spammer
branch: line of development main master trunk version copy
branch delete: scrap old line of development
branch list: which lines of development exist
branch merge: combine lines
branch protection: protect guard rules nobody force push lock main master stable forbid require may overwrite
branch protection: reviews
branch protection delete: let everybody write again
branch protection update: change what must hold before merging
branch rename: call line otherwise main instead of master
budget: spending ceiling limit cap money
budget create: never spend more than ceiling
budget delete: no more spending ceiling
budget list: spending ceilings limits on money
budget update: raise lower spending ceiling
cache: stored saved temporary speed stuff space
cache delete: empty saved speed files
cache limit: how much space builds may keep ceiling saved files
cache list: what is kept to make builds faster
cache retention: how long builds keep saved files
cache usage: how much space saved used files take
campaign: drive effort initiative
campaign create: start drive to fix holes
campaign email: newsletter mailing
campaign list: drives to fix holes
card: credit debit
certificate signing request: certificate application apply awaiting decision sign identity
certificate signing request approval: say yes sign grant certificate application
certificate signing request create: apply for certificate
certificate signing request delete: reject throw away certificate application
certificate signing request list: who applied for certificates awaiting my decision
certificate signing request read: about one certificate application
channel member: who is in room
check: result outcome green test passed failed
check annotation: which lines are wrong
check collaborator: is may somebody push access
check following: does follow
check list: did tests pass results for version
check member: is somebody belongs works
check run: test result outcome build passed failed green red
check run create: report test result
check suite: tests results outcome
check suite rerequest: run tests again
child team: sub group below parent
classroom: students course teaching school assignment homework
classroom list: courses
clone: downloads copied
code frequency: lines added removed weekly
code of conduct: behaviour rules community manners
code of conduct list: rules of behaviour to choose from
code owner: who is responsible for which files
code owner error: mistakes in who is responsible for which files
code quality: how good is source tidy
code scanning: security analysis bugs holes in own code static analyser flaw finding weakness bug
code scanning alert: bugs weaknesses found in our own code
code scanning alert update: false alarm not a problem ignore warning
code version: release of server software which build
codeowners: who is responsible for which files mistakes
codespace: cloud development environment dev workspace remote editor machine browser online hosted ide
codespace access: who may use cloud environments
codespace create: launch dev environment in cloud
codespace create repo: open project in cloud environment
codespace delete: throw cloud environment away
codespace export: save unfinished work of cloud environment
codespace list: my cloud environments
codespace machine: size cpu memory how strong sizes on offer
codespace read: about cloud environment
codespace secret: password in cloud environment
codespace start: wake turn on
codespace stop: shut down costs nothing turn off cloud environment
codespace update: rename cloud environment stronger machine
collaborator: people who may push write change access rights outside helper coworker colleague allowed let in
collaborator: outsider right
collaborator add: give write access person bring helper into project
collaborator list: who may push write has access
collaborator permission: how much may someone do rights level person
collaborator remove: take access away throw helper out
comment: remark reply answer note message response post text word
comment pin: keep remark on top
commit: change changes changed edit history revision who did save check-in snapshot
commit activity: how busy weekly year during last
commit branch: where is this change the tip
commit comment: remark on a change edit
commit comment create: say something about a change
commit compare: what differs between two versions lines
commit list: who changed file when last touched history recent edits
commit pull: which proposal brought this change
commit read: what was changed in one edit
commit search: find changes by message
commit status: green red passed failed outcome result
commit status combined: overall result of checks
compare: difference between two versions changed since what differs lines release
component status: control plane healthy scheduler parts are the of well controller manager brain etcd
container registry: image store
content: file files folder source text read lines document one as it is
content create: save write file document commit upload
content delete: remove file
content update: save write edit file document
contents: file files folder source text read lines document
contributor: people who wrote worked helped coded developers authors author
contributor repo: who wrote this project
contributor stat: who wrote how much most
copilot: ai assistant artificial intelligence code completion coding helper robot autocompletion
copilot agent: ai that works on its own
copilot content exclusion: files that ai assistant must not see
copilot metric: how much is used ai assistant
copilot seat: licence license developers who hold has which ai assistant
copilot seat add: give ai assistant to developer
copilot seat cancel: take ai assistant away
copilot space: knowledge for ai assistant
copilot usage: how much is used ai assistant
create repo: start empty new codebase
credit: money ai consumption
default branch: main line
delete repo: destroy whole codebase for good
delivery: sent call attempt arrived
delivery attempt: send call again repeat
delivery list: which calls were made to my server
dependabot: dependency library third-party holes vulnerable outdated updates dangerous component
dependabot alert: third-party libraries known holes vulnerable dependency with that we ship
dependabot alert update: ignore hole not relevant
dependency diff: which libraries changed between versions
dependency graph: libraries third-party components
dependency review: which libraries changed between versions
dependency snapshot: submit which libraries build uses
deploy key: machine read-only ssh access server clone may read one project credential for
deployment: rollout live installation shipped ship online
draft: unfinished early not ready
emoji: smiley pictures picture
emoji list: smileys that may be used
enterprise: whole corporation group company
environment: stage staging production target places deploy place live
environment delete: no longer go live there
environment list: places where it goes live
environment protection: approval before going live wait reviewers
environment secret: password for one place
environment update: who must wait approve before going live
failed invitation: could not join
failed job rerun: try just the broken parts again
follow user: keep up with person
follower: who follows fans audience
follower list: who follows fans
following: whom follow people
fork: copy copies own duplicate derived clone version
fork create: own copy to play with
fork list: who made copies
fork pr approval: outside strangers first-time contributors builds
fork repo: own copy copies of this project
frequency: additions deletions weekly
gist: snippet paste note scrap piece of code share small fragment
gist comment: remark on snippet
gist create: save scrap snippet share piece of code
gist delete: throw snippet away
gist fork: copy of snippet
gist list: my snippets scraps
gist read: look at scrap snippet
gist revision: earlier state of scrap
gist star: favourite snippet
gist update: change scrap snippet
git blob: raw file
git commit: raw change
git ref: pointer branch mark
git tag: annotated mark version
git tree: folder structure
gitignore: files never committed skip template
gitignore template: which files should not be committed ready list for language
gpg key: sign signature signing
gpg key create: sign my changes
head: tip newest
hook: callback url server system tell notify ping
hook org: callbacks of company
hook repo: callbacks of project
hosted runner: build machine size
hovercard: short about person
immutable: never change again fixed frozen
immutable release: published versions must never change
import job: bring over
import status: how far is bringing over
insight: numbers statistics how much
insight actor: who calls api most
insight stat: how is api used who calls often
installation: installed app where integration granted set up
installation access token: credential of app short-lived
installation delete: uninstall integration
installation list: where is integration installed which firms
installation repo: which projects app sees
installation suspend: pause app block
interaction: commenting newcomers cool down restrict
interaction limit: only members may comment temporarily cool down old for a while
interaction restriction remove: let everybody comment again
interaction restriction set: only old members may comment cool down heated
invitation: invite ask join pending asked offer waiting invited
invitation accept: join say yes
invitation cancel: take invitation back
invitation create: ask person to join firm
invitation decline: say no
invitation delete: take invitation back
invitation list: people asked to join who have not answered
invitation list repo: who has been asked to join project
issue: ticket bug problem report complaint defect task todo case request trouble
issue assignee: hand to colleague responsible who works on give take over in charge ticket put work
issue comment: reply answer remark respond say
issue comment create: answer reply under ticket say something
issue comment delete: take back reply my answer
issue comment list: who answered what was said
issue comment update: fix typo in my answer
issue create: report bug file complaint open new problem
issue dependencies: must be finished before blocks blocked waits start first prerequisite depend
issue dependency: what must be finished before
issue event: what happened to ticket history
issue field: custom property of ticket value
issue label: mark category categorise sort kind flag colour ticket into
issue list: open bugs problems reported tickets
issue lock: stop arguing freeze conversation further discussion heated close to replies people
issue milestone: due date for batch of tickets
issue parent: which larger ticket does it belong to
issue reaction: thumbs heart
issue search: find bugs about
issue timeline: what happened to ticket
issue type: kind of ticket
issue unlock: let people write again reopen discussion
issue update: mark done close finish reopen change title
jitconfig: one-time build machine just in time
job: task step piece of work computation one-off batch one-time calculation run to the end once migration script
job: finished failed
job create: start one-off computation run once calculation task
job delete: clean up finished one-off computation remove old task
job list: which computations finished failed one-off tasks
job log: output of step what did print
job posting: vacancy opening position
job read: how did step go one-off computation
job run list: steps of build
job status: did one-off computation succeed fail finish
key: ssh gpg public login credential sign
label: mark category categorise sort kind flag colour badge sticker keyword tag
label create: new category colour
label delete: category no longer needed
label list: which categories exist
language: programming written in which tongue share
language repo: which programming tongues is project written in
language stat: programming
lfs: large files
license: licence legal terms copyright allowed reuse under what permission
license list: usual legal terms to choose from
license repo: terms under which project may be used
list member: subscriber
list member public: who shows openly that belongs
lock: freeze stop end argument close
marketplace: buy sell plan shop
member: people who belongs works employees staff colleague person joins leaves employee coworker worker
member list: who works at firm company people belong
member remove: person left the company throw out fire
member team: people in group
membership: member belongs joins leaves role admin make person of firm
membership remove: take person out of firm
membership set: role of person in firm
merge: accept take land into main line combine join bring in
merge upstream: sync bring fork copy up to date with original
meta: ip addresses ranges firewall let in service info which must
meta version: which versions of api are spoken
migration: backup export full copy data archive move away takeout moving
migration archive: download backup export
migration delete: throw away backup
migration list: which backups were made
migration start: take full backup of all data
migration status: is backup ready
migration unlock: let people work again after move
milestone: deadline goal target due date sprint planned
milestone create: set new goal due date
milestone delete: give up goal
milestone list: which goals deadlines
milestone update: move goal due date
notification: inbox news unread update message told
oauth: login token grant
octocat: cat picture
oidc: federated identity cloud login without password trust prove to external who the build is
oidc sub: what identity of build says to external cloud claims
org: organization firm company team account business employer corporation
org block: ban troll spam keep away
org block list: who is banned
org delete: close firm for good
org invitation: asked to join firm waiting not answered yet
org list: firms that i belong to
org member: who works at firm company employees staff people colleague belongs
org read: about the firm
org repo: all projects of firm
org role: rights of people duties
org unblock: forgive banned let back in
org update: change firm's name settings
org webhook: call my server url when somebody pushes happens in firm
organization: firm company team account business employer corporation
outside collaborator: freelancer external contractor non-member freelancers who are not staff
outside collaborator convert: make member outsider
package: container image library registry published docker npm component
package delete: remove old image from registry
package list: container images libraries in registry
package read: about image library
package restore: bring deleted image back
package version: old image release which builds of
package version delete: remove one old build of image
package version restore: bring removed build of image back
page: website site web static published hosted of project homepage
page build: website rebuild publish anew
page create: turn project into website
pages: website site web static published hosted
pages delete: take website down
pages health: is website's domain well set up
pages update: change website's domain source
participation: activity weekly how much owner and others worked each week
pat grant: which own credentials reach firm
pat request: who asks for own credential awaiting my decision
pat request review: say yes or no to own credential
pending invitation: asked to join waiting not answered yet
permission check: may somebody
pin: keep on top
private registry: where own packages come from login
private vulnerability reporting: confidential tell about hole
project: planning board kanban cards plan roadmap
project card: note of board
project column: lane of board
project create: new planning board
project field: column property of board columns
project field create: new column of board
project item: cards on planning board tasks entries
project item add: put card on board
project item delete: take card off board
project item update: move card on board to other column
project list: which planning boards exist
project status update: progress news of plan
project team: boards of group
project view: layout of board
property: attribute metadata field
protection: protect guard rules forbid prevent nobody allowed require safe lock
public key: encrypt seal before storing
public membership: show hide that i belong
pull: patch change proposal proposed contribution merge request suggestion changes suggested
pull check merged: was proposal accepted taken
pull commit: which changes steps of proposal edits
pull create: propose my changes work be taken offer patch contribution open
pull file: which documents changed what does proposal touch change
pull list: proposals waiting open contributions patches
pull merge: accept take land into main combine finish ship patch line contribution
pull read: how is my proposal doing
pull request: patch change proposal proposed contribution merge suggestion
pull review: approve verdict judge patch
pull review comment: remark on line of patch
pull review dismiss: throw out outdated approval
pull reviewer: ask colleague to look over my patch
pull update: change title close proposal
pull update branch: bring proposal up to date with main line
punch card: hour of day when
push protection: stop leaked passwords before pushed bypass
rate limit: calls left quota allowance requests remaining
reaction: emoji thumbs up heart like smile smiley
reaction create: thumbs up heart
reaction delete: take back thumbs heart
reaction list: who liked thumbs hearts
readme: front page introduction description documentation about what is project cover text
readme read: front page introduction
redeliver: send again retry once more
ref: branch pointer tag
ref create: begin new line of development branch
ref delete: scrap line of development branch marker
ref update: move pointer force
referrer: where visitors come from sites link
registry: images packages docker
release: published version ship changelog download public shipped distribution edition
release asset: download attached file binary installer upload attach
release create: publish new version ship
release delete: take broken version down again
release latest: newest most recent current published version
release list: versions published shipped
release note: changelog what is new write automatically summary of changes merged from was
release update: fix description of version
rename branch: call otherwise
repo: repository code codebase project source sources git program software tree
repo archive: read-only retire project mothball
repo create: start new empty project codebase
repo delete: destroy project for good
repo event: what happened activity in project
repo invitation: asked to join project waiting
repo invitation accept: join project say yes
repo list: which projects codebases exist
repo secret: password of project
repo subscription: keep me posted about project ignore
repo tag: marked versions
repo team: groups with access to project what may group reach
repo topic: subjects keywords of project
repo transfer: give project to another owner
repo update: rename description make private public hide project
repo variable: value of project
repo webhook: call my server url when somebody pushes happens in project
repository: repo code codebase project source sources git program software
requested reviewer: ask colleague someone to look over check patch
required review: how many must approve before merging
required status check: tests must be green before merge
review: look over check feedback approval approve opinion assess judge verdict assessment sign reject thoughts
review comment: remark on line of patch
review comment create: remark on line
review delete: throw away unsent verdict
review dismiss: throw out outdated cancel stale invalid approval
review list: who looked at proposal verdicts
review request: ask colleague to look
review request remove: person need not look any more
review submit: hand in verdict
review update: change words of verdict
reviewer: ask somebody to look over check patch colleague second pair of eyes
role: rights duties powers
ruleset: rules protect forbid prevent nobody allowed force push main branch conventions enforce restrictions policy
ruleset: guard require
ruleset bypass: who may skip checks exempt
ruleset create: nobody should be able to force push conventions for branches
run: execution build pipeline pass attempt
run approval: who let build go
run approve: let stranger's build go
run attempt: earlier try of build
run cancel: stop build halfway
run log: output printed console what happened
run pending: waiting for approval
run timing: how long did build take
run usage: how long took
runner: build machine agent worker server ci host executor box hardware computer
runner create: add own build machine
runner group: set of build machines
runner label: mark kind of build machine
runner list: own build machines that execute builds
runner registration token: add new own machine join connect build
runner remove: retire build machine
sarif: scanner results upload
sarif upload: hand in results of scanner
sbom: inventory components ingredients list auditors bill of materials dependencies full for parts
search: find look containing about mention
search code: find text in files where is used this function which
search commit: find changes by message edit its
search issue: find tickets bugs about
search label: find categories
search repo: find projects about
search topic: find subjects
search user: developers people find who in city many
secret: password credential key token confidential store safe sensitive hidden login certificate passphrase private
secret: value data
secret alert: leaked
secret create: store password credential safely put save login for app
secret delete: throw away password
secret list: which credentials passwords are kept names stored
secret public key: encrypt before sending
secret read: when was password changed look at one
secret repo: which projects may use password
secret scanning: leaked passwords keys tokens credentials in code exposed committed accidentally password key
secret scanning: credential found spilled
secret scanning alert: leaked passwords in our code
secret scanning alert update: leaked password was changed settled
secret scanning location: where leaked found
secret selected repo: which projects may use password
secret update: change password that app uses new changed rotate
security advisory: vulnerability weakness hole disclose publish tell maintainers
self hosted runner: own build machine agent worker
self subject access review: may i am allowed can myself
self subject rules review: everything that i may do list my rights
service status: state
signing key: sign my changes
ssh key: login public
ssh key list: keys i log in with
star: favourite bookmark like mark interesting appreciate who likes bookmarked favourites gave appreciated
star list: favourites
stargazer: who likes fans starred favourite bookmarked admirers gave star liked everyone
stargazer count: how many like
stargazer repo: who likes this project
starred: my favourites bookmarks i liked
starred create: bookmark favourite like project
starred delete: take bookmark star away unlike
starred list: what i bookmarked liked favourites
stat: numbers statistics how many number activity busy figures
status: outcome state condition progress finish finished done ready how is it going stuck why result green
status check: tests must be green before merge
status create: tell result of external check green red
status list: did all checks pass
sub issue: child part smaller split subtask break down parent ticket into parts
subject access review: may is allowed can check whether someone permission right do on behalf
subscription: follow news told watch mute
tag: version marker mark point name
tag list: versions that were marked
tag protection: nobody may overwrite versions
tag release: version published under mark
tag repo: versions that were marked
tarball: download archive all sources
team: group department squad crew unit circle
team child: groups within group
team create: found new group squad
team delete: dissolve group squad
team list: which groups squads exist
team member: who is in group people put into
team member add: put person into group squad
team member list: who is in group squad
team membership: put into group join take out of
team membership remove: take person out of group
team permission: how much may group do in project
team read: about the group
team repo: what group may access let squad into project codebase which groups reach this
team update: rename group squad
ticket merge: same problem twice
token: credential key access
token review: is this login credential genuine valid whose token
topic: keyword subject label categorise category describe which words subjects project theme
topic replace: describe project with words
topic subscription: receive messages
traffic: visitors visits views popular how many people popularity audience
traffic clone: how often downloaded
traffic path: which pages are read most
traffic referrer: which sites do visitors come from
traffic view: how many people looked visited
transfer: give away move hand over owner
tree: folder folders directory directories files structure listing
upstream: original parent
usage: how much used spent consumed cost
usage report: what was consumed does it cost money
usage summary: what was consumed in short
user: person people account profile developer somebody who
user assigned check: may ticket be given to person
user authenticated: me my myself own logged in signed who am i whose account
user block delete: forgive let back
user block list: whom i banned
user create: new account sign up
user delete: close account
user email: addresses mail
user follower: fans who follows
user list: everybody accounts
user presence: online away
user read: who is this person profile where do they live
user repo: projects of person my
user search: find developers in city with many followers people
user update: change name my profile bio
variable: plain value constant setting non-secret open
vulnerability: hole weakness security flaw exploit known
vulnerability alert disable: no longer warn of vulnerable libraries
vulnerability alert enable: warn me of vulnerable libraries
vulnerability report: tell maintainers of a weakness confidential without making public
watcher: who follows watches
watcher repo: who follows this project
webhook: call my server url every time when somebody callback notify hook http endpoint told system tell ping inform
webhook create: tell me url when something happens call my server every time somebody pushes system
webhook delete: no longer call my server
webhook delivery: sent attempts calls tried arrived what was went wrong when called my url
webhook list: who is told which urls are called
webhook ping: test try whether works
webhook redeliver: send call again
webhook test: try callback
wiki: pages documentation
workflow: pipeline automation build ci procedure process recipe routine script nightly
workflow disable: stop nightly from running pause pipeline starting
workflow dispatch: start trigger kick off by hand manually pipeline build run fire
workflow enable: let run again
workflow list: which pipelines automation exist
workflow permission: what may pipeline token do read write default rights
workflow read: about pipeline
workflow rerun: again retry once more repeat
workflow run: build pipeline execution job ci how did it go result
workflow run approve: let stranger's build go ahead
workflow run cancel: abort build that hangs
workflow run delete: throw away old build record
workflow run list: recent builds how did they go
workflow run log: read what build printed
workflow run rerun: try build once more again
workflow usage: minutes consumed how long that pipeline took
zen: wisdom saying wise
zipball: download archive all sources
"""
