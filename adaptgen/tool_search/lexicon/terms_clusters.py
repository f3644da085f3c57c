"""Terms of APIs: container orchestration: workloads, networks, storage, machines, rights."""

TERMS = """
admission: check saved
api group: kinds functions exist
api resource: kinds objects exist supported
api resource list: kinds objects known
api service: extension server aggregated plug answers part
api service list: extra servers answer part
api version: spoken supported server speak
autoscaler: grow shrink load automatically elastic busy
autoscaler create: grow shrink itself
binding: place put machine schedule
certificatesigningrequest approval: grant decide sign certificate application
cluster: group machines
cluster role: rights everywhere hold
cluster role binding: administrator grant everywhere superuser rights
cluster role binding create: person administrator
cluster role binding list: administrators
cluster role create: set rights everywhere
config map: settings configuration values options switches file application properties key parameters environment
config map create: keep settings apart image
config map delete: throw settings away
config map list: settings files applications read
config map read: current settings app
config map update: change value settings
controller revision: earlier version history generations return rollout states
cron job: nightly weekly daily hourly schedule periodic recurring timed backup report regularly monthly regular
    timetable night midnight timer planned repeated cleanup
cron job create: night schedule regularly start happen
cron job delete: never weekly stop doing nightly
cron job list: runs regularly timetable
cron job read: nightly run
cron job update: pause nightly change time hour suspend
csi driver: disk vendor plugin
custom resource definition: object type new extend vocabulary teach
custom resource definition create: teach cluster new object
custom resource definition delete: forget object
custom resource definition list: kinds objects added
daemon set: agent machine hosts monitoring logging node collector driver everywhere helper
daemon set create: run agent machine install collector everywhere
daemon set delete: stop running agent machines
daemon set list: runs machine
daemon set status: agent run machine
daemon set update: new version agent everywhere
deployment branch: live
deployment create: roll new app start launch put web online bring time run announce live publish version
deployment delete: take app down stop forget went live web offline good remove application completely
deployment list: web applications rolled software services went live rollouts versions online
deployment pause: stop rolling
deployment protection rule: approval gate live
deployment read: app configured image version
deployment rollback: return earlier version undo bad rollout release previous image broken
deployment scale: copies instances fewer number resize grow ten instead three bigger smaller capacity
deployment status: live outcome finished progress rollout app ready complete healthy
deployment status create: tell outcome live
deployment update: roll new version app change image newer software swap
disruption budget: maintenance minimum away down once keep
disruption budget create: never down once
endpoint slice: backends
endpoints: addresses behind service backends targets ip containers stand real receive traffic url
endpoints read: real containers behind address
event: happened wrong problem warning lately reason visitors log appointment meeting date went activity history recent
    occurred trouble failures
event public: everywhere
event read: went wrong once
event warning: went wrong
eviction: gently remove machine drain respecting budgets move away empty
finalize: finish deletion stuck terminating
horizontal pod autoscaler: grow shrink load automatically elastic cpu busy hours peak scale itself applications
horizontal pod autoscaler create: grow shrink load itself automatically
horizontal pod autoscaler delete: longer grow shrink itself
horizontal pod autoscaler list: applications grow shrink load
horizontal pod autoscaler status: copies load ask
horizontal pod autoscaler update: allow copies load
ingress: hostname domain outside internet web site url route traffic http public expose world website path browser
    shop example com requests end address
ingress create: send outside hostname app publish web
ingress delete: take website internet
ingress list: domains hostnames lead routed
ingress read: hostname lead
ingress update: lead hostname elsewhere
initializer: prepare
issue priority: comes order parts
lease: leader election heartbeat charge alive
limit create: default size containers
limit range: default size container minimum maximum memory cpu biggest smallest
limit range create: give containers default memory nobody said
limit range list: default sizes
localsubjectaccessreview: allowed area
log: output printed wrote messages happened console
mutating webhook: server changes completes objects saved
mutating webhook configuration: change objects saved server alter defaults inject
mutating webhook create: server change objects
mutating webhook list: changes objects saved
namespace: area tenant separate space project divided group partition environment section team compartment staging
    test room
namespace create: new separate area tenant team space set apart
namespace delete: remove area close tenant
namespace finalize: stuck terminating
namespace list: areas exist cluster divided tenants
namespace read: area
namespace status: state
namespace update: label area
network configuration: private connect
network policy: firewall traffic talk isolate connection internet allow block rules between applications wall deny
network policy create: talk shut traffic isolate
network policy delete: open firewall talk
network policy list: firewall rules between applications
networkpolicies: firewall rules between applications traffic isolate block talk
node: machine host server computer hardware worker box vm cluster consists members point
node create: new machine join
node delete: take machine cluster good retire remove dead broken fewer
node drain: empty machine maintenance
node list: machines servers cluster
node proxy: through machine reach
node read: memory cpu capacity machine
node status: machine healthy ready capacity full
node taint: keep new work away
node update: mark machine nothing new lands cordon limits
pages deployment cancel: stop website published
pending deployment: waiting approval live
persistent volume: disk storage drive physical space available gigabytes
persistent volume claim: request disk storage granted ask space gigabytes files
persistent volume claim create: ask disk space gigabytes app
persistent volume claim delete: give disk
persistent volume claim list: asked disk
persistent volume claim status: granted bound
persistent volume delete: throw disk away
persistent volume list: disks exist
persistent volume read: disk
pod: container workload process running program instance app unit crashed restarting stuck alive started smallest
    piece application image copy
pod attach: terminal container connect join
pod binding: place container machine
pod create: start container controller run image once launch
pod delete: kill restart container stop throw away
pod disruption budget: down once maintenance keeps draining minimum available machine
pod disruption budget create: never take down copy once
pod disruption budget list: keeps draining machine
pod disruption budget update: allow down once
pod ephemeralcontainer: debug running container attach tool
pod eviction: gently remove container machine drain respecting budgets move away
pod exec: shell command inside container run terminal execute type enter look
pod list: running containers
pod log: output printed console said wrote messages stdout container see errors tail program
pod portforward: tunnel local port container reach laptop
pod preset: defaults injected containers
pod preset create: put settings containers
pod proxy: http web page open internal container app serves through
pod read: container stuck pending crashing details
pod security policy: forbid privileged root containers dangerous
pod security policy list: containers forbidden
pod status: stuck pending container state crash phase
pod template: blueprint containers prototype mould
pod terminal: shell
pod update: change running container label
priority class: urgent important push aside preempt precedence rank others
priority class create: urgent push others aside
priority class list: levels urgency exist
quota: ceiling cap budget allowance memory consume team limit
quota create: cap team
replica: copies instances standby
replica set: copies identical instances generation rollout web app
replica set delete: throw away old generation
replica set list: generations rollout exist
replication controller: old copies identical keeps number alive style
resource quota: ceiling budget limit total memory cpu cap team consume fair share
resource quota create: cap group team consume
resource quota list: ceilings teams
resource quota status: allowance
resource quota update: raise lower ceiling
role binding: grant give person act rights member assigned permission developer access
role binding create: person act give rights area
role binding delete: take rights away person
role binding list: granted rights
runtime class: sandbox engine runs containers
scale: copies instances fewer number resize grow shrink less bigger capacity
scale read: copies
scale update: fewer copies resize
security configuration: bundle safety settings projects
security configuration attach: apply safety settings projects
security configuration default: safety settings new projects
service: address name port reach internal stable balancer entry running program load expose network virtual ip
    discovery backend
service account: robot identity program bot machine user non human talks api log
service create: give app stable address internal reachable
service delete: take address away unreachable
service list: stable addresses balancers internal names
service proxy: web page internal open through app serves
service read: address ports
service update: change port address
stateful set: database ordered stable identity disk named queue mysql postgres kafka storage
stateful set create: run database disk copy
stateful set delete: take database down
stateful set list: databases run
stateful set read: database
stateful set scale: fewer database copies
storage class: kinds disk fast slow offer ssd type tier default
storage class create: offer new disk
storage class read: disk
taint: keep away
validating webhook: server checks judges refuses objects saved
validating webhook configuration: check objects saved server judge reject guard gate
validating webhook create: server check objects
validating webhook delete: stop server checking objects
validating webhook list: checks objects saved
volume: disk storage drive space
volume attachment: disk connected plugged machine drive
volume attachment list: disk plugged machine
watch: follow live changes stream happen
watch event: follow happens live
watch node: follow machines
watch pod: follow containers come
webhook configuration: check objects server judge saved
"""
"""Each line: what a tool must name in full, and the plain words that it may be asked for with."""
