"""Plain words: documents, messages, media, places, numbers."""

PLAIN = """
abstract exposition gist: summary
alike: similar embedding related
annotation: comment note
answerphone taped voicemail: recording
area: namespace zone project region
around: nearby search near
attachment: connection evidence file cable document trace
autograph: signature sign signer
average mean: stat sum total metric aggregate
band singer: artist
banter: chat conversation thread topic message channel
best busiest hottest leaderboard: top ranking popular score
bin: delete trash remove
binder drawer: folder directory
blank: form template survey
blast mailshot: campaign newsletter single send singlesend mail broadcast
blueprint: template image
board: forum category topic
boilerplate greeting salutation skeleton stencil: template
bookmark: star favorite save
bounced: reboot failed restart delivery reset power
broadcast: publish stream release live announcement notification
bulletin notice: announcement notification
caller: call participant
caption: subtitle track
category: section tag
chapter: section
chart: graph dashboard
chat: discussion thread comment conversation issue topic message channel
city: location address place
classify: prediction model detect
clicked: open tracking stat
clip film: video movie title
column: schema field attribute property
complaint: issue spam report
continent: region
contract: agreement document envelope
conversation: discussion thread comment topic issue channel
coordinates: geocode location
country: location address geo locale region
cover: note
crunch: query search
csv: export
deal treaty: contract agreement document envelope
deck: presentation slide
deliverability: reputation stat
diagram plot: graph chart dashboard
dial ring: call phone number voice
direction: route
discussion: chat comment conversation thread topic message channel
distance: matrix
district: zone region area
dm whisper: private direct message
drawing: image file
earlier: revision version history previous
emailed: mail message
enclosed enclosure proof: attachment evidence file document
entry: record row item document
episode: show
evidence: attachment file document
excel: export csv spreadsheet import
far: distance matrix
favourite: star top ranking popular score
fax: message
field: property attribute
figures numbers: stat statistic metric report analytics
folder: content tree directory
footnote: footer
forecast: prediction
form: template survey
forum: category board topic
funnel: pipeline
genre tag: category
grade: score rating
guess: suggestion prediction classification model detect
headline: header title
hear heard: notification subscription event alert webhook
hotline switchboard: phone queue number flow
hotspot: heatmap wireless network
import: upload ingest
inbox: notification message mail
inform told: notification subscription watcher event alert webhook
ingest: import upload
insight: analytics report
journey: trip route ride
junk: spam report
keyword: tag category
latitude longitude: geocode coordinate location
learn: documentation training model fine tune
least: top
letter: note email mail message
letterhead logo: branding design
listen: podcast episode track
live: stream
lookup: search query
mailbox: inbox notification message mail
manuscript: document content text
map: tile
marks: score grade rating
measure: metric
memo: note comment
mix: playlist
movie: video title
mute: subscription ignore silence notification
nation: country geo locale region
near: nearby search
nearby: search near
newer older previous: version revision history
newsletter: announcement campaign single send singlesend mail broadcast
noticeboard: forum category board topic
office: location site
online: presence status
page: site document
paperwork: document file
paragraph sentence: text
pdf: document export print
phone: call device number voice
place: location site point
podcast: episode track
poll: vote reaction
post: comment create message interaction topic
postcode: postal code zip
predict weather: forecast
presence: status
preview: thumbnail
print: log pdf document output export
printout: pdf document export print
private: direct message
qr square: code
query: search
question: query
questionnaire: form survey template
quiet: mute silence notification
rain snow wind: weather forecast
ranking: top popular score
recognise: verify prediction classification model detect
recording: album
region: continent
reply: comment response post answer message
respond: comment reply post answer message
ride: trip route journey
road: street segment
route: ingress direction
row: record item entry document
rubbish: trash spam deleted report
rubric: category section tag
rumour subject: topic
scan: ocr
schema: field
score: grade rating
section: namespace category project chapter tag
sender: identity
sheet: workbook spreadsheet
show: episode
sign: signature signer
signature: sign signer
similar: embedding related
slide: presentation
sms: message text
song: track
spam: block report interaction lock
speak spoken: voice call speech
speech: voice call
spot: node line place comment location position site point
spreadsheet: sheet workbook
statistics: stat metric report analytics
story: article post entry
street: road segment
subtitle: caption track
survey: form
table: collection database
talk: discussion chat topic comment conversation thread message channel
teach: training model fine tune
telegram: fax message channel integration webhook
text: document sms content message
thumbnail: preview
thumbs: reaction like rating
topic: subject
total: stat sum metric aggregate
tour: trip route ride journey
town village: city location place
train: model fine tune
translate: locale language
trash: delete remove
trend: top stat
trip: route ride journey
tweet: post status
undeliverable undelivered: bounce failed delivery
upload: import ingest
viewing: video
volume: book
vote: poll reaction
warn: alert event notification
watch: video view
way: route direction
whereabouts: location position
wording: text lyric template content
world: locale country region
zip: postal code
zone: region area
"""
"""Each line: words of questions, and the words of APIs that they may stand for, the likeliest first."""
