"""The glossary of container orchestration: workloads, networks, storage, machines, rights."""

TERMS = """
admission: check before saved
apiservice: extension own api server aggregated plug
autoscaler: grow shrink by load automatically elastic busy
autoscaler create: grow and shrink by itself
binding: place put on machine schedule
certificate signing request: certificate apply application identity
certificatesigningrequest: certificate application apply awaiting decision
certificatesigningrequest approval: approve grant decide sign certificate application
cluster: group of machines
cluster role: rights everywhere whole that hold
cluster role binding: administrator of everything grant everywhere superuser whole cluster rights
cluster role binding create: make person administrator of everything
cluster role binding list: who may do everything administrators
cluster role create: set of rights for everywhere
clusterrole: rights everywhere whole
clusterrolebinding: administrator of everything grant everywhere superuser whole make
componentstatus: control plane healthy scheduler parts
config map: settings configuration values options switches
configmap: settings file configuration values application options properties
controller revision: earlier version history generations to return of rollout states
cron job: nightly weekly daily hourly schedule scheduled periodic recurring timed backup report regularly monthly
cron job: regular timetable every night midnight timer planned repeated cleanup
cron job create: do every night schedule regularly start make it happen
cron job delete: never do weekly again stop doing nightly
cron job list: what runs regularly on timetable
cron job read: when does nightly run next
cron job update: pause nightly change time hour of suspend for a while
cronjob: nightly weekly daily hourly schedule scheduled periodic recurring timed backup report regularly
csi driver: disk vendor plugin
custom resource definition: kind object type new own extend vocabulary
customresourcedefinition: new kind of object teach own type extend
daemon set: agent on every machine all hosts monitoring logging one per each node log collector driver everywhere
daemon set: host helper
daemon set create: run agent on every machine install collector everywhere
daemon set delete: stop running agent on all machines
daemon set list: what runs on every machine
daemon set status: does agent run on every machine
daemon set update: new version of agent everywhere
daemonset: agent on every machine all hosts monitoring logging one per
deployment: rollout shipped release live application app web stateless service software program website frontend
deployment: backend api server rolled out image version microservice shop
deployment branch: which branches may go live
deployment create: roll out new app start launch put web online bring first time run announce going live
deployment delete: take app down stop forget that it went live web offline for good remove application completely
deployment list: web applications rolled out software services what went live when
deployment pause: stop rolling out
deployment protection rule: approval gate before going live
deployment read: how is app configured which image version
deployment rollback: return to earlier version undo bad rollout release previous image broken
deployment scale: copies how many instances more fewer number resize grow ten instead of three bigger smaller
deployment scale: capacity
deployment status: live outcome finished progress rollout did my finish is app up ready complete healthy
deployment status create: tell outcome of going live
deployment update: roll out new version of app change image newer software swap
disruption budget: maintenance minimum away down once keep up
disruption budget create: never let more than one go down at once
endpoints: addresses behind service backends targets ip which containers stand address real receive traffic
endpoints read: real containers behind address
event: happened wrong problem warning lately reason
eviction: gently remove off machine drain respecting budgets move away empty
finalize: finish deletion stuck terminating
horizontal pod autoscaler: grow shrink by load automatically elastic cpu busy hours peak scale itself
horizontal pod autoscaler create: grow and shrink with load by itself automatically
horizontal pod autoscaler delete: no longer grow shrink by itself
horizontal pod autoscaler list: which applications grow and shrink by load
horizontal pod autoscaler status: how many copies does load ask for now
horizontal pod autoscaler update: allow at most more copies under load
horizontalpodautoscaler: grow shrink by load automatically elastic cpu applications
ingress: hostname domain outside from internet web site url route traffic http public expose world website path
ingress: https browser shop example com requests end up routed address
ingress create: send outside hostname to app from publish on the web
ingress delete: take website off the internet
ingress list: which domains hostnames lead where routed
ingress read: where does this hostname lead
ingress update: lead hostname elsewhere
initializer: prepare before
issue priority: what comes first order of parts
job: calculation computation task one-off batch import script
lease: leader election heartbeat who is in charge alive
limit range: default size container minimum maximum
limitrange: default maximum minimum per container size memory cpu
localsubjectaccessreview: may someone allowed in one area
log: output printed wrote messages
mutating webhook: my server changes completes objects before saved
mutating webhook configuration: change objects before saved my server alter defaults inject
mutating webhook create: have my server change objects
mutating webhook list: who changes objects before saved
mutatingwebhookconfiguration: change objects before saved my server alter defaults inject
namespace: area tenant separate space project divided group partition environment section team compartment staging
namespace: test room
namespace create: make new separate area tenant for team space set apart
namespace delete: remove area with all that is in it whole everything close tenant
namespace finalize: stuck terminating
namespace list: areas that exist cluster is divided into which tenants
namespace read: about area
namespace status: state
namespace update: label area
network policy: firewall traffic talk isolate connection internet allow block
networkpolicies: firewall rules between applications traffic isolate block who may talk
networkpolicy: firewall rules between applications traffic isolate block who may talk
node: machine host server computer hardware worker box vm machines servers hosts computers boxes cluster consists of
node: make up members
node create: let new machine join
node delete: take machine out of cluster for good retire remove dead broken
node drain: empty machine before maintenance
node list: machines servers in cluster which make up
node proxy: through to machine reach
node read: how much memory cpu capacity does machine have
node status: machine healthy ready capacity full is
node taint: keep new work away
node update: mark machine so that nothing new lands cordon off limits
pages deployment cancel: stop website from being published
pending deployment: waiting for approval to go live what waits
persistent volume: disk storage drive physical space available existing gigabytes
persistent volume claim: request for disk storage granted ask space gigabytes need files
persistent volume claim create: ask for disk space more gigabytes app
persistent volume claim delete: give disk back
persistent volume claim list: who asked for disk
persistent volume claim status: was granted bound
persistent volume delete: throw disk away
persistent volume list: disks that exist
persistent volume read: about disk
persistentvolume: disk storage drive physical space
persistentvolumeclaim: request for disk storage granted ask space
pod: container containers workload process running program instance app unit everything runs crashed restarting
pod: restarts stuck alive started smallest piece application up now image copy
pod attach: terminal container connect join
pod binding: place container on particular machine
pod create: start single container without controller run image once launch
pod delete: kill restart container stop single throw away
pod disruption budget: how many may be down at once maintenance keeps draining minimum available during up me from
pod disruption budget create: never take down more than one copy at once
pod disruption budget list: what keeps me from draining machine
pod disruption budget update: allow more to be down at once
pod ephemeralcontainer: debug running container attach tool
pod eviction: gently remove container off machine drain respecting budgets move away
pod exec: shell command inside container run terminal execute type enter look
pod list: everything that is running containers
pod log: output printed console said wrote messages stdout container see written errors tail program
pod portforward: tunnel local port container reach from laptop
pod preset: defaults injected into containers
pod preset create: put same settings into many containers
pod proxy: http web page open internal container that app serves through
pod read: why is this container stuck pending crashing details
pod security policy: forbid privileged root containers dangerous
pod security policy list: what containers are forbidden to do
pod status: why stuck pending container state crash phase
pod template: blueprint of containers prototype mould
pod terminal: shell
pod update: change running container label
poddisruptionbudget: how many may be down at once maintenance keeps from draining machine minimum available
podsecuritypolicy: forbid privileged root containers
priority class: urgent important push aside preempt first precedence rank more pushes others
priority class create: let urgent push others aside
priority class list: which levels of urgency exist
priorityclass: urgent important push aside preempt first precedence rank
quota: ceiling cap budget allowance memory much consume team
quota create: cap how much team may use
replica: copies instances
replica set: copies identical instances generation of rollout web app
replica set delete: throw away old generation
replica set list: generations of rollout that exist
replicaset: copies identical instances generation of rollout
replication controller: old copies identical keeps number alive of style keep
resource quota: ceiling budget how much may be used limit total memory cpu cap team consume fair share
resource quota create: cap what group team may consume
resource quota list: ceilings that teams have
resource quota status: how much of allowance is used up
resource quota update: raise lower ceiling
resourcequota: ceiling budget how much may be used limit total memory cpu
review: may allowed check question
role: rights permissions set powers
role binding: grant give let person act as has been granted rights member assigned somebody who permission developer
role binding: access
role binding create: let person act give rights as in one area
role binding delete: take rights away again from person
role binding list: who has been granted rights which
rolebinding: grant give let person act as developer has been granted rights assigned somebody
scale: copies how many instances more fewer number resize grow shrink less bigger capacity
scale read: how many copies
scale update: more fewer copies resize
secret: password credential login key confidential certificate
selfsubjectaccessreview: may i am allowed can myself
selfsubjectrulesreview: everything that i may do
service: address name port reach internal stable balancer entry
service account: robot identity program bot machine user
serviceaccount: robot identity program machine user bot non-human
stateful set: database ordered stable identity with own disk each named databases queue stateful name mysql postgres
stateful set: kafka storage
stateful set create: run database with disk per copy
stateful set delete: take database down
stateful set list: databases that run
stateful set read: how is database set up
stateful set scale: more fewer database copies
statefulset: database ordered stable identity with own disk each named
storage class: kinds disk fast slow offer
storageclass: kinds of disk on offer fast ssd slow type tier
subjectaccessreview: may someone allowed can check
taint: keep away
tokenreview: is this login credential genuine valid whose
validating webhook: my server checks judges refuses objects before saved
validating webhook configuration: check objects before saved my server judge reject guard gate
validating webhook create: have my server check objects
validating webhook delete: stop my server from checking objects
validating webhook list: who checks objects before saved
validatingwebhookconfiguration: check objects before saved my server judge reject guard gate
volume: disk storage drive
volume attachment: disk connected plugged into machine which
volume attachment list: which disk is plugged into machine
watch node: follow machines
watch pod: follow containers as they come and go
webhook configuration: check objects server judge before saved
"""
