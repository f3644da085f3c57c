"""Terms of APIs: workflows and their runs, artifacts, packages, releases, deployments."""

TERMS = """
action: build automation pipeline ci
action permission: automation run allowed third party
action secret: password credential ci build pipeline key token store
artifact: files build left behind output result produced download product zip leftovers binaries
artifact delete: throw away build left output
artifact download: get build left made
artifact list: files build leave behind
artifact retention: long build output logs kept
attempt: try earlier previous run once
attestation: provenance proof origin built signed prove binary came genuine
attestation list: binary built proof
autofix: repair automatically suggested correction
cache: stored saved temporary speed space copy edge fast
cache delete: empty saved speed files flush old pictures seen stored
cache limit: space builds keep ceiling saved files
cache list: kept builds faster
cache retention: long builds keep saved files
cache usage: space saved files take
check: result outcome green test passed failed
check annotation: lines wrong
check collaborator: push access
check list: tests pass results version points tick
check member: belongs works
check run: test result outcome build passed failed green red
check run create: report test result
check suite: tests results outcome
check suite rerequest: run tests
codespace: cloud development environment dev workspace remote editor machine browser online hosted ide
codespace access: cloud environments
codespace create: launch dev environment cloud
codespace create repo: open project cloud environment
codespace delete: throw cloud environment away
codespace export: save unfinished work cloud environment
codespace list: cloud environments
codespace machine: size cpu memory strong offer
codespace read: cloud environment
codespace secret: password cloud environment
codespace start: wake turn
codespace stop: shut down costs nothing turn cloud environment
codespace update: rename cloud environment stronger machine
container registry: image store
copilot: ai assistant artificial intelligence code completion helper robot autocompletion
copilot agent: ai works
copilot content exclusion: files ai assistant see
copilot metric: ai assistant
copilot seat: licence license developers hold ai assistant
copilot seat add: give ai assistant developer
copilot seat cancel: take ai assistant away
copilot space: knowledge ai assistant
copilot usage: ai assistant
deployment: rollout live installation shipped online release application app web stateless service software program
    website frontend backend api server rolled image version microservice shop publish
dispatch create: send signal trigger
dispatch event: custom trigger
environment: stage production target places deploy live test
environment delete: longer live
environment list: places live
environment protection: approval live wait reviewers
environment secret: password place
environment update: wait approve live
hosted runner: build machine size
job: task step piece work computation batch time calculation run end once migration script finished failed import
    vacancy position
job create: start computation run once calculation task
job delete: clean finished computation remove old task
job list: computations finished failed tasks running
job log: output step print fail
job posting: vacancy opening position
job read: step computation
job run list: steps build
job status: computation succeed fail finish far
oidc: federated identity cloud login password trust prove external build
oidc sub: identity build says external cloud claims
package: container image library registry published docker npm component parcel box
package delete: remove old image registry
package list: container images libraries registry
package read: image library
package restore: bring deleted image
package version: old image release builds
package version delete: remove old build image
package version restore: bring removed build image
registry: images packages docker
release: published version ship changelog download public distribution edition new record
release asset: download attached file binary installer upload
release create: publish new version ship
release delete: take broken version down
release latest: newest recent current published version
release list: versions published shipped
release note: changelog new write automatically summary changes merged
release update: fix description version
retention: long kept days stored expire thrown away build output ten
run: execution build pipeline pass attempt
run approval: build stranger
run attempt: earlier try build
run cancel: stop build halfway
run log: output printed console happened
run pending: waiting approval
run timing: long build take
run usage: long took
runner: build machine agent worker server ci host executor box hardware computer
runner create: add build machine
runner group: set build machines
runner label: mark build machine
runner list: build machines execute
runner registration token: add new machine join connect build
runner remove: retire build machine
variable: plain value constant setting non secret open parameter configuration builds
workflow: pipeline automation build ci procedure process recipe routine script nightly steps
workflow disable: stop nightly running pause pipeline starting
workflow dispatch: start trigger kick hand manually pipeline build run fire
workflow enable: run
workflow list: pipelines automation exist
workflow permission: pipeline token read write default rights
workflow read: pipeline
workflow rerun: retry once repeat
workflow run: build pipeline execution job ci result
workflow run approve: stranger build ahead
workflow run cancel: abort build hangs
workflow run delete: throw away old build record
workflow run list: recent builds
workflow run log: read build printed
workflow run rerun: try build once
workflow usage: minutes consumed long pipeline took
"""
"""Each line: what a tool must name in full, and the plain words that it may be asked for with."""
