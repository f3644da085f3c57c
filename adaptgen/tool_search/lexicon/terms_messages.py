"""Terms of APIs: what is sent to people: mail, texts, calls, chat, newsletters, notifications."""

TERMS = """
announcement: news tell notice staff
announcement create: tell news
audience create: group people write
auto reply: office answer automatically away
autoresponder: answer automatically
bcc: blind copy
bounce: returned undeliverable came delivered invalid mailbox
bounce delete: try address
bounce list: returned undeliverable came mailboxes
broadcast: send newsletter blast
call: phone ring dial talk
call create: ring phone dial
call end: hang
call list: rang phoned
call log: rang phoned
call recording: said phone listen tape
call transfer: put through
campaign pause: hold newsletter stop mailing
campaign report: newsletter opened
campaign schedule: send newsletter later tomorrow
campaign send: newsletter
campaign stat: newsletter opened clicked
campaign test: preview newsletter inbox try
cancel: stop hold abort halt kill running
carrier: phone company operator courier parcel driver postal brings fedex
channel: room chat group topic
channel archive: close room
channel create: new room
channel invite: bring person room
channel join: enter room
channel leave: quit room
channel list: rooms
chat: talk conversation message
click tracking: followed links
contact: person subscriber reader recipient address customer book acquaintance
contact add: new subscriber person
contact count: subscribers large audience
contact create: new subscriber person
contact delete: forget person erase
contact export: download subscribers addresses spreadsheet
contact import: load subscribers spreadsheet csv people
contact list: subscribers readers people mailing addresses
contact merge: person twice duplicate
contact search: find person subscriber
contact update: change address person moved
conversation: chat thread talk
conversation close: talk
conversation history: said room yesterday
conversation invite: put bring colleague room
conversation join: enter room
conversation leave: quit room
conversation list: chats talks rooms
conversation member: room people
conversation member list: room people
delivery report: arrive
delivery status: arrive reach
design: look layout template
device token: phone push
direct message: private talk person
do not disturb: quiet leave alone hour
draft create: write later
email: mail message letter address newsletter contact
email activity: mail reach opened
email add: new address
email address: mailbox
email check: address real exist genuine typo
email list: mail addresses
email send: write mail deliver
email statistic: opened
email template: layout mail text
email validate: address real exist genuine mailbox typo signup
email visibility: hide show address
event webhook: tell call server whenever mail opened bounces clicked happens
fax: paper
filter: rule automatically
flow: steps automation sequence
forward: redirect send
global: whatever
inbound: incoming received arrives reply
inbound parse: hand received mail replies customers application
inbox: received mail mailbox
incoming: received arrives
invalid email: wrong address exist undeliverable
ip pool: sending addresses group
ip warmup: gradually raise traffic volume fresh dedicated address slowly
link branding: domain
link tracking: followed clicked
list create: new mailing
list subscribe: add person mailing
list unsubscribe: take person mailing
mail: email letter message newsletter campaign
mail send: deliver message customer write letter
mailbox: inbox address
mailing list: subscribers
markdown render: convert formatted text page
marketing campaign: newsletter
mention: talked called name
message: mail text chat note sms say write
message activity: arrive opened
message archive: put away
message cancel: hold sent
message create: write send
message delete: take unsend
message edit: correct written
message forward: pass
message history: said
message list: written read mail
message read: say
message schedule: send later
message search: find written
message send: write deliver tell
message status: arrive reach delivered
message update: correct written
mms: picture text
mute: silence quiet stop hearing
newsletter: mailing
notification list: new inbox unread
notification mark: seen read
notification mark read: seen empty inbox
notification read: seen
notification send: tell people alert
notification setting: told
number lookup: carrier phone real
open tracking: read
opt in: agree receive
opt out: longer receive stop
outbound: outgoing sent
phone: number mobile call
phone number: line mobile
phone number buy: get new line
phone number list: lines
phone number release: give line
phone number search: lines
phone verify: code mobile real
pin message: keep top
preference: choice receive wish setting
presence: online away busy
push: phone mobile alert
push send: alert phones
read receipt: seen
recipient: receiver reader subscriber person address money
recipient count: subscribers large audience
registrant: signed
render: format html preview
reply: answer respond
reputation: trusted spam standing
room: chat group hotel
room create: new chat
scheduled send: queued mail later tomorrow hold
scheduled send cancel: hold stop queued mail
scheduled send pause: hold queued mail
segment: target group audience part condition people
segment create: carve target group people living
segment list: target groups
sender: writes
sender authentication: prove domain trusted
sender identity: address writes
sender verify: prove address
sending domain: prove trusted
short code: number
sms: text message mobile phone
sms list: texts received sent
sms send: text write mobile
smtp: mail server
snooze: quiet disturb later hour
spam: junk unwanted
spam report: marked junk complained
spam report delete: clear forget complained marked junk
spam report list: complained marked junk
subscriber add: new reader
subscriber count: readers audience
subscriber delete: reader gone
subscriber list: readers
subscription group: topics opt separately
suppression: opted never write mail leave alone unsubscribed blocked stop
suppression add: never mail write leave alone
suppression create: never mail write person leave alone whatever
suppression delete: opted mistake allow mailing once write
suppression group: topic mail opt separately readers
suppression group create: offer topic readers opt separately
suppression list: opted mail
template create: new layout text
template list: layouts texts
template preview: look
template render: look
template send: write layout
template update: change text layout
template version: earlier text layout
test: try preview
test send: preview inbox try
thread: conversation replies notification
thread mark: seen
thread read: conversation inbox
thread reply: answer
thread subscription: mute ignore stop hearing silence follow conversation
tracking domain: links
tracking setting: opened clicked count
typing: writes moment
unread: new seen
unsubscribe: opt never leave alone stop
unsubscribe group: topic mail opt separately
unsubscribe list: opted
validation: real correct check genuine
verified sender: trusted address
video call: meeting face
voicemail: message phone recording
voicemail list: spoke machine
warmup: gradually raise traffic fresh slowly
webhook setting: call server whenever happens url
webhook update: call url events
whitelabel: domain brand prove
"""
"""Each line: what a tool must name in full, and the plain words that it may be asked for with."""
