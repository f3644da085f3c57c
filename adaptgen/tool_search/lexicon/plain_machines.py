"""Plain words: machines, networks, and keeping them running."""

PLAIN = """
address: endpoint email ip service
allowlist: whitelist allow safelist
appliance gadget: device thing
approval: review
audit: log event change
backups: snapshot
bandwidth: traffic
barrier wall: firewall
battery: device status
bell: alert notification webhook
blessing nod: approval
blink bulb lamp: light state
blip hiccup: incident event
block: prefix range subnet network cidr
brain chip processor: cpu core
bug: issue
cabinet cupboard: rack
capacity: scale replicas quota resources
car drone lorry truck van: vehicle device asset
case: ticket issue
centre data-centre datacentre: site datacenter location region
certificate: signing tls request ssl
changed: log history audit revision admin event
charge: billing battery usage device payment status cost
clone: traffic copy
code: repository script repo function content execution
cold heating radiator warm: thermostat temperature
computer: node device host machine server instance runner ip
configuration: config setting preference configmap map property
connected: network cable interface attach trace
cord: cable wire connection
core: cpu
crash: event incident status outage log failed
current electricity: power feed energy
datacenter: site location region
defect: issue error fault
detector: sensor probe
detour: proxy redirect forward
directory: content ldap tree federation
disk: volume storage persistent claim
domain: dns zone site
door: ingress lock access
drive: volume storage disk persistent claim
equipment: device machine server hardware
fault: error issue
fence: geofence area
firmware: version update
flag: feature
fleet: cluster group
forged: token review invalid
frequency: band
gate: protection lock rule door approval
gateway: router
gauge: sensor meter measurement reading stat
gear kit rig: device machine server hardware equipment
geofence: area
handset mobile tablet: device phone
happened: event history activity audit log timeline
hardware: node device host machine server instance runner equipment
headroom: capacity quota
herd: fleet cluster group
history: commit revision event activity log
hostname: host domain dns
https padlock: certificate tls ssl
hypervisor: virtual machine instance
image: template
isp telco: provider carrier circuit
keys: secret token
lag slow sluggish: latency performance metric
ldap: directory federation
lead: lease cable owner wire connection
leased: circuit line
light: state
limits: quota rate range
line: content circuit
lock: door
log: event
machine: node device host server instance runner ip
mailserver: smtp mail server
memory: resource metric quota limit usage
meter: sensor measurement reading stat
mistake: error
name: domain
outage: disruption incident status
past: gist history snippet event log activity
plug: attach outlet connection volume port integration socket cable power trace
port: interface
printer wear wearable: device
probe temperature: sensor
progress: status
proxy: redirect forward
ram: resource memory metric quota limit usage
reading: sensor meter measurement stat
reboot: restart reset power
release: version
restart: reboot reset power
restore: snapshot backup
router: gateway
rule: policy
safelist: whitelist allow
scanner: scanning printer device
script: workflow action function run execution
sensor: probe
server: node device smtp host machine instance runner ip
setting: config configuration preference configmap map property
setup: config setting preference configuration
site: deployment domain page dns ingress zone
snapshot: image tree backup
socket: outlet port power
software: application package firmware app dependency version deployment update pod
subnet: prefix range network cidr
switch: device toggle
test: verify trial
thermometer: temperature sensor
throughput: traffic bandwidth
toggle: flag feature
trail: audit log event change
tunnel: vpn
vehicles: device asset
virtual: machine instance
vm: node virtual host machine instance runner
vpn: tunnel
web: domain site http
whitelist: allow safelist
wifi: wireless network
wired: connection cable attach trace
wireless: network
"""
"""Each line: words of questions, and the words of APIs that they may stand for, the likeliest first."""
