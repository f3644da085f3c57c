"""Plain words for what business APIs are about, by domain: ``words of a question: words of APIs``, the likeliest first.

General knowledge of each domain, none of any one API. A word may take several lines, also in several domains.
"""

PEOPLE = """
admin admins administrator boss chief head: admin owner manager role
anonymise anonymize unrecognisable pseudonymise incognito: anonymize anonymous erase gdpr
applicant applicants candidate candidates jobseeker: candidate applicant application
audience fans crowd: segment audience list recipient
biography cv resume: profile resume bio
birthday age: birth date profile
blacklist blocklist denylist: blacklist block suppression deny
bouncer doorman: access auth guard
buddy buddies friends friend acquaintance acquaintances: contact friend follow connection
child children kid kids offspring: child sub nested children
client clients customer customers buyer buyers shopper patron purchaser: customer client account tenant contact
coach trainer instructor: teacher instructor owner
colleague colleagues coworker coworkers teammate workmate: teammate member user employee colleague
consent agreement opt-in: consent permission grant
crew squad gang circle troop: team group
department division branch unit: department group team unit office
duplicate doppelganger twice: duplicate merge dedupe
fingerprint face voice iris: biometric credential factor
freelancer contractor temp: contractor external supplier worker
gender sex: gender
impersonate masquerade disguise: impersonation impersonate
intruder hacker burglar attacker: brute attack threat block
landlord renter renters lodger: tenant owner
lawyer auditor: audit legal
login logins signin signon sign-in: session login auth token event
medal medals award awards trophy prize: badge achievement award
nickname handle: username name alias
nobleman role: role
opener readers: open event
passport identity papers: identity document verification
passphrase passcode pin: password secret credential pin
power powers duty duties privilege privileges: role permission scope authorization policy
prospect prospects suspect interested: lead prospect person contact people opportunity
recruit hire newcomer starter joiner: member user invite candidate employee onboarding
rude impolite spammer troll: silence suspend block abuse report user
salary wage wages pay earnings: payroll salary compensation payslip payment
shift shifts rota roster: shift schedule roster
sick sickness illness: absence leave
smartcard fob badge: credential token card
staff personnel workforce: employee user member worker
standing esteem trust: reputation score
student pupil learner: student member user
subscriber subscribers reader follower followers: subscriber recipient contact subscription follower
successor heir: owner transfer
superior manager: manager owner admin
tribe org: organization group
underage minor: age
vacancy opening vacancies: job position posting
vendor vendors: supplier vendor merchant provider
visitor visitors guest: visitor session guest user
volunteer volunteers: member participant
withdrawn opted unsubscribed opt-out optout: unsubscribe suppression opt
"""

MONEY = """
allowance pocket: credit quota limit balance
argue contest contested contests disputed complains: dispute chargeback claim
bank iban: bank account external
bargain cheaper cheap rebate markdown: discount coupon promotion offer price
bill bills: invoice bill billing receipt statement
broke bankrupt insolvent: balance fund risk
buy bought purchase purchases acquire: order purchase checkout payment transaction
cash money funds sum: payment balance currency amount transaction cash payout
chargeback chargebacks: dispute chargeback
coin coins crypto bitcoin: currency wallet coin crypto
commission cut share: fee commission split
credit credits left prepaid: credit balance
debit debits withdraw withdrawal: debit payout transfer withdrawal mandate
deposit down: deposit prepayment top
donate donation tip gifts: donation tip gift contribution
earn earned earnings income turnover sales takings: revenue earning payout sale report balance
expense expenses outlay: expense cost spend
fraud cheat scam crook: fraud risk dispute radar
gift giftcard: gift card voucher
haggle negotiate: quote offer
installment instalment instalments: plan payment schedule
iou debt debts owing owe: invoice balance due loan
ledger bookkeeping books: ledger account journal entry
loan mortgage borrowed: loan credit
loyalty points reward rewards: reward loyalty point
money-back reimbursed reimburse: refund reversal
offer offers estimate: quote offer proposal estimate
paid unpaid settled: payment invoice status
payee beneficiary receiver recipient: payee recipient beneficiary account
pricing tariff tariffs fare fares fee: price rate tariff plan fee
rate rates conversion: rate exchange currency
receipt receipts slip: receipt invoice
salesman rep: sales user owner
save saving savings: saving account
statement statements: statement report transaction
tax taxes vat duty: tax rate
till checkout: checkout terminal session
trial taster: trial subscription
valuables assets holdings: asset portfolio holding position
"""

GOODS = """
aisle shelf shelves rack: location rack shelf inventory collection
article articles goods item items merchandise wares: product item article sku variant listing
assortment range catalogue: catalog product collection
back-in-stock stocked restock supply supplies stock: inventory stock level item
barcode barcodes gtin ean: barcode qr code sku
basket trolley bag: cart basket checkout
box parcel parcels package packages: shipment parcel package
brand brands maker makers make built manufacturer: manufacturer brand vendor
carrier carriers courier couriers: carrier provider shipping courier
colour size flavour: variant option attribute
deliver delivered delivery deliveries dispatch: shipment delivery fulfillment shipping tracking
depot store warehouse: warehouse location inventory
order orders purchase: order purchase
photo photos picture pictures: image photo media picture avatar
rating ratings stars verdicts opinions: review rating
return returns returned bring: return refund rma
sell sold sale selling: sale order product listing
shop shops outlet outlets: store shop location site
unsold remaining: inventory
wishlist wish: wishlist favorite
"""

DOCUMENTS = """
agreement contract deal treaty: contract agreement document envelope
attachment enclosure enclosed evidence proof: attachment evidence file document
autograph sign signed signature: signature sign signer
binder folder drawer: folder directory
blank form questionnaire: form template survey
boilerplate blueprint skeleton stencil: template
book books volume: book
chapter section: section chapter
column columns: column field attribute property
cover letter: note
draft drafts: draft
exposition summary gist abstract: summary
field fields box: field property attribute
footnote footer: footer
heading headline: header title
jot scribble memo memos annotation: note comment
letterhead logo: branding design
manuscript text: document content text
newer older earlier previous: version revision history
page pages: page document
paper papers paperwork: document file
paragraph sentence: text
pdf print printout: pdf document export print
picture drawing: image file
preview thumbnail: preview thumbnail
row rows entry entries: record row item entry document
scan scanned: ocr scan
sheet sheets spreadsheet: sheet workbook spreadsheet
slide slides deck: presentation slide
table tables: table collection database
trash rubbish bin: trash deleted
translate translation: translation locale language
wording: text template content
"""

MESSAGES = """
answer answers answered reply replies respond responded: reply response comment post answer message
banter chat chats talk talks discussion: chat conversation thread topic message channel
blast newsletter mailings mailshot: campaign newsletter single send singlesend mail broadcast
bounced undelivered undeliverable returned: bounce failed delivery
bulletin notice: announcement notification
caller callers: caller call participant
complained complaint complaints: spam report complaint
conversation conversations: conversation topic thread discussion channel
deliverability: reputation stat
dial dialled ring rang rung phone phoned: call phone number voice
dm private whisper: private direct message
emailed mail mails mailed letter letters: email mail message
fax telegram: fax message
forum board noticeboard: forum category board topic
hear hears heard told inform informed: notification subscription event alert webhook
inbox mailbox: inbox notification message mail
invite invites: invitation invite
mailing: campaign list single send singlesend mail broadcast
mute quiet hush: mute silence notification
opened opens clicked clicks: open click tracking stat
optout unsubscribe opted: unsubscribe suppression global
poll vote votes: poll vote reaction
post posts posting: post message topic
recording recordings taped: recording
rumour talked: topic
salutation greeting: template
sender from: sender identity
sms texting texted texts: sms message text
speak speech spoken: voice call speech
spam junk rubbish: spam report
subject topic topics: topic subject
switchboard hotline: phone queue number flow
tweet tweets: tweet post status
typing online presence: presence status
voicemail answerphone: voicemail recording
warn warning warnings: alert notification warning
"""

SCHEDULES = """
absence holiday holidays vacation leave: absence leave vacation time holiday
agenda diary planner calendar: calendar event schedule
appointment appointments: appointment booking event meeting
booked bookings reserve reserves reservation reservations: reservation booking appointment
busy free: availability slot freebusy
clock hours clocked: time timesheet entry
countdown timer: timer
deadline due: due deadline milestone
delay late lateness overdue: delay overdue
gathering party conference: event meeting
later planned upcoming tonight tomorrow: schedule scheduled upcoming event
lesson class classes: lesson course class
meet meets meeting meetings: meeting event
monthly weekly yearly daily: recurring schedule period stat
opening closing: hour business
remind reminders: reminder alert notification
room venue: room location venue
sequence sequences drip cadence steps: cadence sequence step flow workflow
timezone time-zone: timezone zone
visit visits: visit appointment event
"""

MACHINES = """
battery charge: battery device status
blink light lights lamp lamps bulb: light lamp bulb state
blueprint image: image template
box boxes rig gear kit equipment hardware: device machine server hardware equipment
brain chip processor processors core: cpu core
capacity headroom: capacity quota
clone cloned: clone copy
cold warm heating heat radiator: thermostat temperature
data-centre datacentre datacenter centre centres: site datacenter location region
disk disks drive drives: volume disk storage
door doors lock gate: lock door
drone car truck lorry van vehicles: vehicle device asset
fleet herd: fleet cluster group
firmware software: firmware version update
gadget gadgets thing appliance appliances: device thing
gauge gauges meter meters reading readings: sensor meter measurement reading stat
hypervisor virtual vm vms: virtual machine instance droplet
key keys: key
machine machines computer computers server servers: device machine server node instance host ip
memory ram: memory
outlet socket sockets plug: outlet port socket power
phone tablet mobile handset: device phone
plugged connected attached wired: connection connected cable attach trace
power electricity current: power feed energy
printer scanner: printer device
rack cabinet cupboard: rack cabinet
reboot restart bounce: reboot restart reset power
sensor probe detector: sensor probe
slow sluggish lag: latency performance metric
snapshot restore: snapshot backup
switch: device switch toggle
thermometer temperature: temperature sensor
wear worn wearable: device
"""

NETWORKS = """
address addresses: ip address endpoint
band frequency: band
barrier wall: firewall
bandwidth throughput: traffic bandwidth
carriers telco isp: provider carrier circuit
certificate https padlock: certificate tls ssl
connect connection: connection network interface
directory ldap: ldap directory federation
domain site: domain dns zone site
gateway router: gateway router
geofence fence: geofence area
hostname: host domain dns
line lines leased: circuit line
mailserver: smtp mail server
mail server: smtp
name: domain name
port ports: port interface
proxy detour: proxy redirect forward
range ranges subnet subnets block: prefix range subnet network cidr
safelist whitelist allowlist: whitelist allow safelist
spoof forged: spoof
tunnel vpn: vpn tunnel
web: domain site http
wifi wireless hotspot: wireless network
wire wires cord cords lead: cable wire connection
"""

DATA = """
average mean sum sums total totals: stat sum total metric aggregate
chart charts diagram plot: graph chart dashboard
column schema: schema field
crunch query ask: query search
csv excel: export csv
figures figure numbers statistics: stat statistic metric report analytics
forecast predict prediction: prediction forecast
funnel: funnel pipeline
guess classify recognise: prediction classification model detect
heatmap hotspot: heatmap
import imported upload ingest: import upload ingest
insight insights: insight analytics report
key keyed: key
leaderboard ranking hottest best busiest favourite: top ranking popular score
learn train teach: training model fine tune
lookup: search query
measure measured: metric measurement
most least: top
question questions: query question
questionnaires survey: survey form
score scores grade marks: score grade rating
similar alike: similar embedding related
trend trends trending: trend top stat
"""

OPERATIONS = """
approval blessing nod: approval approve
audit trail who: audit log event change
backups: backup snapshot
bell: alert notification webhook
blip hiccup: incident event
bug bugs: issue bug
case cases: ticket case issue
changed changes change: change log history audit revision admin event
crash outage outages down: incident outage status
escalation: escalation
fault faults defect: error fault issue
form: form
history happened past lately: history event log activity
importing: import
limits limit: limit quota rate
log logs: log event
mistake mistakes: error
progress: status progress
release: version release
rule rules: rule policy
script scripts code: script function execution
setup configuration setting: config setting preference configuration
test try tries: test verify trial
toggle flag: flag feature
verify prove proven confirm: verify validation verification confirm
"""

PLACES = """
city town village: city location place
coordinates latitude longitude: geocode coordinate location
country countries nation nations: country geo locale region
direction directions route way: route direction
distance far: distance matrix
district area zone: zone region area
map maps: map tile
near nearby around: nearby search near
office branch: office location site
place places spot: place location site point
postcode zip: postal code zip
region regions continent: region continent
road street: road street segment
trip journey ride tour: trip route ride journey
weather rain snow wind: weather forecast
whereabouts: location position
world: locale country region
"""

CONTENT = """
album albums record: album
article articles story stories: article post entry
artist singer band: artist
bookmark bookmarks later: bookmark favorite save saved
caption captions subtitle subtitles: caption subtitle track
category categories section rubric: category section tag
episode episodes show: episode show
film films movie movies clip clips: video movie title
genre: genre category
like likes thumbs: like reaction rating
listen listening podcast: podcast episode track
live broadcast: stream live
lyrics words: lyric
playlist mix: playlist
song songs tune tunes: track song
square qr: qr code
tag tags keyword keywords: tag category
watch viewing: video view
"""

TABLES = (
    PEOPLE, MONEY, GOODS, DOCUMENTS, MESSAGES, SCHEDULES, MACHINES, NETWORKS, DATA, OPERATIONS, PLACES, CONTENT,
)  # fmt: skip
"""All of them."""
