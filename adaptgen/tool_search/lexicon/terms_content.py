"""Terms of APIs: what is written, shown and counted: files, documents, media, pages, data, models."""

TERMS = """
achievement: trophy reached game
ad: advertisement banner
ad campaign: advertising
ad group: advertising
album: songs record photos
album track: songs record
analysis: examine
analysis delete: throw away scan
analysis list: scans made
analytics: numbers visitors statistics
annotation: note mark found lines remarks
anomaly: unusual strange
answer: reply
article: text story news help knowledge
article create: write story
article delete: take story down
article list: stories
article publish: put story online
article search: find story
article update: correct story
artist: singer band musician
artist top track: best songs
asset upload: put picture
attachment: file enclosed
attachment add: enclose file
attachment delete: remove enclosed file
attachment download: save enclosed file
attachment upload: enclose file
audio: sound voice music
audio transcribe: speech text
author: wrote creator
autocomplete: suggest typing
background: behind picture
background remove: cut picture
banner: picture top
barcode: stripes scan
bill vote: politicians choose
blog: diary posts
blog post: story
book: read volume
bookmark: remember save later favourite
bookmark create: save later
caption: subtitle words
caption create: words film spanish subtitles
catalog: list assortment products range
category: topic department aisle
category create: new
category list: kinds
chapter: part book
character: figure game
chart: diagram graph
chat completion: ask assistant talk model ai
clan: group players
classification: recognise
clip: short film
collaboration create: partner see document directory
collection: set group products once
collection add: put set
collection create: new set
collection item: set
comment approve: remark appear
comment moderate: remark appear
community: people group healthy welcoming
community profile: healthy welcoming checklist
completion: model write finish text ai
content type: text fields
contribution: people give
conversion: format
convert: turn format
copy: duplicate
cover: front picture
crawl: visit pages read website
create file: add write save document
cue: point
custom image: picture build machine operating system
dashboard: overview charts
dashboard create: new overview
dashboard list: overviews
dashboard share: show others
dashboard widget: chart overview
data: values
data export: take numbers download
data import: bring numbers
data source: numbers come
dataset: collection data table
dataset create: new collection data
dataset list: data
dataset row: entries
dataset upload: put data
definition: word mean
delete file: remove document
detection: recognise find
device: phone machine gadget sensor
device stat: phones desktops readers
dictionary: words meaning
diff: changed difference
document: paper file text
document convert: paper format
document create: new paper
document delete: throw paper away
document download: save paper
document list: papers
document merge: combine papers
document search: find paper
document share: others see paper
document sign: signature autograph
document split: take paper apart
document template: blueprint papers
document translate: paper language
document update: change paper
document upload: hand paper
document version: earlier state paper
donation: gift give money
download: save get file copy locally zip
duplicate: twice
edge: connection
edit: change
embed: put page
embedding: vector similar meaning
entity: named person place
entry: record item
envelope: papers signed
envelope create: send paper signed
envelope recipient: sign
envelope send: ask sign paper
envelope void: longer signed
episode: part show
episode list: parts show
experiment: try compare variants
export: take download save takeout
export create: take download
export download: save
export status: download ready
face: person picture
face compare: person pictures
face detect: people picture
face recognize: picture
favorite: liked bookmark star
favorite add: remember
favorite remove: longer
feature: property map shown recommended
feed: news stream rss atom
feed item: news
feed list: news streams subscribe
file: document attachment upload text
file convert: format
file copy: duplicate
file create: new document
file delete: throw document away
file download: get save document
file list: documents folder
file lock: nobody else change
file move: put document elsewhere
file permission: see document
file preview: look downloading
file rename: call document otherwise
file restore: bring deleted document trash
file search: find document
file share: others see document link give access
file unlock: others change
file update: new contents
file upload: put document hand
file version: earlier state document copy
film: movie
fine tune: train teach model examples
folder: directory place
folder create: new directory
folder delete: throw directory away
folder list: directories
folder move: put directory elsewhere
folder share: others see directory give access
font: letters type
food: eat dish
forecast: prediction future weather
form: questionnaire fields
form create: new questionnaire
form field: question
form submission: filled answers people
funnel: visitors leave
gallery: pictures
generate: produce write automatically
genre: music film
gif: moving picture
glossary: words terms
grammar: mistakes language
history: earlier past
icon: small picture
image: picture photo template operating system
image analyze: picture
image create: draw picture template machine
image crop: cut picture
image delete: remove picture
image edit: change picture
image generate: draw paint picture
image list: pictures operating systems choose ubuntu
image resize: smaller bigger picture
image search: find picture
image upload: put picture
import: bring load upload spreadsheet move elsewhere
import author: map people
import author map: bringing
import cancel: stop bringing
import create: bring load
import large file: big bringing
import source: bring
import start: bring project elsewhere
index: search
index create: searchable
item: article product
keyword: topic word
keyword extract: text
language detect: tongue text
law: statute bill
layer: map
layout: design look
leaderboard: best
legal hold: nobody throw documents away
legislation: law
library: collection
like: thumbs heart
like create: thumbs heart
like delete: longer thumbs
like list: thumbs
link: url address
link create: short address
link shorten: address short
list: collection mailing subscribers audience column board
listing: offer sale
live stream: broadcast
live stream create: broadcast
logo: company picture
lyric: words song
media: picture film sound
media delete: remove picture film
media list: pictures films
media upload: put picture film
menu: choices dishes food
metadata: properties
metadata update: change properties
model: ai trained
model create: train ai
model deploy: ai usable
model list: ai
model predict: ask ai
model train: teach ai
moderation: text nasty allowed
movie: film cinema
movie search: find film
music: songs
news: headlines happened
notebook: notes
nutrition: calories healthy eat
object: file stored
object detect: picture
ocr: read text picture scan
page list: sites
page publish: put site online
page view: visitors looked
palette: colours
paper: article research
parse: take apart read
pdf: document paper print
pdf create: document paper print
pdf generate: document paper print
pdf merge: combine papers
petition: signatures
photo: picture image
photo album: pictures together
photo list: pictures
photo search: find picture
photo upload: put picture
playlist: songs collection music
playlist create: new collection songs
playlist item: songs
playlist track add: put song
playlist track remove: take song
plugin: extension
podcast: show listen
podcast episode: listen part
podcast search: find show
point of interest: sights
poll: vote ask
poll vote: choose
post: article message share
post create: write share
post delete: take down
post list: written
post schedule: publish later
post update: correct
prediction: forecast guess
press release: news
preview: look try
privacy: personal data
profile: details name picture bio
publish: put online
query: ask search
question: ask
quote: saying famous words offer estimate cost
radio: listen station
rank: good position best
rating: stars good
rating create: give stars
recipe: cook
recipe search: cook
recommendation: suggest
recommendation list: suggest
record: entry name dns data row
record create: new entry
record delete: remove entry
record list: entries
record update: change entry
recording: tape
redirect: send visitors elsewhere
related: similar
rendition: size
replay: watch
report: numbers summary overview
report create: numbers
report download: save numbers
report export: save numbers
report generate: numbers
report list: numbers
report run: numbers
report schedule: numbers week
research: study
resource: person room equipment
restore: bring undelete recover
result: outcome
revision: earlier state version
revision list: earlier states
revision restore: earlier state
rotate: turn
row: entry line
row add: new entry
row delete: remove entry
row update: change entry
saved search: remember query
schedule: timetable works later tomorrow queued planned timed
scheduled report: numbers week
score: points result
scrape: read website
screenshot: picture website
search index: findable
search suggest: typing
section: part
sentence: words
sentiment: mood happy angry
series: show television
share: others see stock give access
share create: others see link
share delete: others longer see
share link: others see
share list: see
shared drive: common folder
show: television series
similar: alike
site: website location building
slide: presentation
social: network
social account: links networks
social account create: link network profile
song: track music
sound: noise
speech: voice spoken
speech recognize: spoken text
speech synthesize: read text aloud
speech text: spoken
spelling: typo mistakes
spreadsheet: table excel
statistic: numbers
sticker: picture
story: article task
stream: live
stream key: broadcast login
subtitle: words film
suggestion: idea proposal
summarize: short version
summary: short version overview
synonym: meaning
synthesis: read aloud
table: rows columns restaurant
table create: new rows columns
taxonomy: order kinds
template: blueprint layout draft canned text pattern start starter
term: word semester
text: words writing
text analyze: say
text extract: read words
text generate: write
text speech: read aloud
text summarize: short version
text track: subtitles words film spanish
text translate: language
theme: look colours
thumbnail: small picture preview
timeline: history happened story
title: name film
top: best popular
track: song opened clicked followed parcel
training: teach learn course railway
transcode: format
transcript: said writing speech text
translate: language
translation create: language
trash: deleted bin thrown away
trash empty: delete good
trash restore: bring deleted threw away
trend: popular
unit: measure
update file: change edit save document
upload: put file
upload complete: file
upload create: put large file
upload url: put file
url: link address
verse: line poem
version: earlier state release software build
version list: earlier states
version restore: earlier state
video: film clip movie
video caption: subtitles
video create: film
video delete: remove film
video list: films
video search: find film
video thumbnail: preview picture
video upload: put film
view: saved look filter visits visitors seen
visit: visitor came
visitor: came
visualization: diagram
voice: speak sound call phone
voice clone: speak
voice list: read aloud
vote: poll choose
voter: chooses
watch history: see
watchlist: see later
watermark: mark picture
webpage: site
website: site
widget: small part page
word: meaning
"""
"""Each line: what a tool must name in full, and the plain words that it may be asked for with."""
