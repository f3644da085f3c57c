"""Terms of APIs: what software runs on: servers, disks, networks, names, databases, devices, and watching over them."""

TERMS = """
access log: called visited requests
access point: wireless wifi
acl: reach allowed
agent: program machine support employee answers representative
alert acknowledge: take care saw
alert create: warn
alert policy: warn load high
alert rule: warn threshold
alert silence: stop alarm quiet
alias: name
app create: put website online publish
app deploy: put new version online publish
app list: programs websites
app log: printed output fail
app restart: start hangs
audience: readers people subscribers list target group
auto scaling: grow shrink load busy
availability zone: data centre location
backend: server behind target
backup: safe copy restore
backup create: safe copy
backup delete: throw safe copy away
backup list: safe copies exist
backup policy: often safe copy kept
backup restore: bring lost data
backup schedule: often safe copy nightly
balancer: spread traffic requests
bandwidth: traffic network
block storage: disk drive
bucket: storage container files
bucket create: new place files
bucket list: places files
build: compile
cable: wire connection plugged
cache clear: flush empty old seen
cache flush: empty old
cache invalidate: flush old pictures seen
cache purge: flush empty old pictures seen stored edge
cdn: edge cache visitors fast delivery worldwide
cdn cache: edge stored
certificate list: https padlock
circuit: line provider
cluster create: new group machines
cluster delete: tear down group machines
cluster list: groups machines
cluster upgrade: newer version
command: order device
config: settings options
connection: link attached plugged
connection pool: clients share database
console: screen terminal
container: program packed docker freight sea
container image: docker layers
container log: printed
container start: launch docker
container stop: halt docker
cpu: processor load busy
cron: schedule regularly
database: data store postgres mysql sql redis
database backup: safe copy data
database connection: reach data store
database create: new data store postgres mysql
database delete: drop data store
database firewall: allowed connect reach data store postgres
database list: data stores
database migrate: move data store
database replica: read copy data store
database resize: bigger data store
database restore: bring data
database user: login data store connect
dead letter: failed messages
deployment cancel: stop rollout
deployment log: rollout fail build
device create: add gadget
device delete: remove gadget retire
device list: gadgets
device reboot: restart hangs
device register: add gadget
device status: battery connected
device type: model hardware
device update: firmware
dhcp: addresses handed
disk: drive volume storage space
disk attach: plug drive machine
disk create: new drive space
disk usage: full space left
dns: domain name address health
dns record: name points address
dns record create: point name www address
dns record delete: name longer points
dns record update: point name www new address
dns zone: domain
domain: web name website dns
domain authentication: prove trusted
domain availability: web name free taken
domain check: web name free taken
domain create: add web name
domain delete: give web name
domain list: web names
domain record: name points address dns cname
domain record create: point name www address
domain record list: names point
domain record update: point name www new address
domain register: buy web name
domain renew: keep web name longer
domain transfer: move web name
domain validate: prove cname entries place check
driver: device
encryption: secret protect
error: failure crash went wrong
event log: happened
failover: switch machine standby
feature flag: switch toggle
feature flag toggle: switch
file system: disk space drive full
filesystem free: disk hard drive nearly full space left
firewall: reach port wall block traffic
firewall create: shut ports protect machine
firewall list: ports open
firewall rule: port open close allow reach
firewall rule add: open port allow
firewall rule delete: close port
firmware: software device
flag: toggle switch
floating ip: address moved between machines
floating ip assign: point address machine
free memory: ram left
function: script code serverless
function invoke: run script
function log: printed
garbage collection: reclaim clean space unreferenced unused layers
gateway: router entry
health: alive ok working ready
health check: alive ok working
heartbeat: alive
host: machine server computer
hypervisor: physical host
image transfer: copy region
incident: outage problem down emergency trouble
incident acknowledge: take care saw
incident create: report outage
incident list: down outages
incident resolve: fixed
incident update: tell
instance: machine server vm copy
instance action: restart stop start resize
instance create: spin new machine server
instance delete: destroy machine
instance list: machines run
instance read: machine
instance reboot: restart machine hangs
instance resize: bigger smaller memory processors machine
instance size: big memory processors plans
instance start: turn machine
instance stop: turn machine
instance type: big memory processors
interface: port network card
inventory: list hardware stock left warehouse
ip: address dedicated
ip address: network number
ip address assign: give machine
ip range: network block subnet
job cancel: stop task
job start: run task
kernel: operating system
kubernetes cluster: group machines containers
kubernetes cluster upgrade: newer version
kubernetes config: connect credentials kubectl
latency: slow fast delay
limit: quota
load: busy cpu
load balancer: spread traffic requests backends distribute
load balancer add: send traffic backend machine
load balancer create: spread traffic
load balancer remove: stop sending traffic backend machine take
load balancer rule: port forwards
log forward: send messages elsewhere
log list: files server itself
log search: find messages
log stream: follow output
machine: computer server
maintenance: planned downtime
maintenance window: updated downtime
memory: ram
message queue: backlog tasks
metric: measurement number graph load usage
metric alert: warn
metric list: measurements
metric query: numbers time
mirror: copy
monitor: watch check alarm
monitor create: watch warn down
monitor pause: stop watching
neighbor: physical host hardware together
network: lan vlan private connect
network create: private lan
network interface: card port
network traffic: data went
node add: machines
node pool: group machines workers
node pool create: add machines
node pool resize: fewer machines
node pool update: fewer machines
node recycle: replace broken machine
notification channel: alarms
object lifecycle: files thrown away
on call: responsible tonight
operating system: linux windows ubuntu
outage: down working
parameter: setting
peering: connect networks
ping: alive reach
port: socket interface
port forward: reach inside
power: electricity
power cycle: hard restart hangs
power off: shut down turn
power on: turn
probe: check alive
process: running program
provision: set
proxy: forward web page open internal through reach
queue: backlog waiting tasks messages
queue purge: empty throw away waiting
rack: cabinet
reading: measured
reboot: restart hangs
rebuild: set scratch reinstall
registry garbage collection: reclaim space unreferenced docker layers clean
registry image: docker
registry tag: version image
remote: afar
replication: copy
rescue: broken machine repair
reserved ip: fixed address
resize: bigger smaller memory processors power
restart: start hangs
reverse dns: address name
rollback: previous version undo
route table: traffic
router: network gateway
runbook: steps repair
scan: look problems
scan result: problems found
schedule pause: run
secret rotate: change
security group: firewall reach
sensor: measures probe thermometer
sensor data: measured
sensor reading: measured temperature
server: machine computer host vm
server action: restart stop start resize
server create: spin rent new machine
server delete: destroy machine
server disable: take
server list: machines
server metric: busy load
server read: machine
server reboot: restart machine
server rebuild: reinstall scratch
server rename: call machine otherwise
server resize: bigger smaller memory processors
server restart: hangs
server start: turn
server status: down
server stop: turn
service level: promised uptime
shutdown: turn halt
sim card: mobile phone
size: big plans memory processors
slow query: data store
snapshot: safe copy point time backup
snapshot create: safe copy
snapshot delete: throw safe copy away
snapshot restore: copy
software update: newer version
ssl: https padlock
stack: together pile proposals
standby: spare
static ip: fixed address
status page: tell outage
storage: disk space files
storage usage: space
subnet: network part range
switch: device network
switch port: network socket
synthetic test: check site outside
tag resource: label machines
task: job work item
telemetry: measurements device
temperature: warm cold heat
thermostat: heating warmer colder
threshold: limit warn
trace: slow request path
trigger: start
tunnel: vpn secure connection
unassign: take away
update: newer version patch
upgrade: newer version
uptime: long available
vcpu: processors
virtual machine: vm server computer
vm: virtual machine server computer
volume create: new disk space
volume delete: throw disk away
volume detach: unplug drive machine
volume list: disks drives
volume resize: bigger disk space
volume snapshot: safe copy disk
vpc: private network
vpc member: private network
vpc peering: connect private networks
vpn: secure tunnel remote
vulnerability scan: look holes
warehouse: data analytics stock depot
window: time
wireless: wifi
worker: background
zone: location domain
"""
"""Each line: what a tool must name in full, and the plain words that it may be asked for with."""
