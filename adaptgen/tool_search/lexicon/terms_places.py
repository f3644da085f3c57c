"""Terms of APIs: where and when: addresses, maps, travel, weather, matches."""

TERMS = """
address: street house
address autocomplete: suggest street typing
address search: find street
airport: fly
area: region
boundary: border region
charging session: electric car loaded
charging station: load electric car
city: town
competition: tournament
country: nation land
crop: field farm
departure: leaves train
departure board: train bus leave
direction: get route
distance: far
distance matrix: far between
earthquake: shaking
elevation: high
energy: electricity power consumption
field: farm land
flight: plane fly trip
flight offer: plane tickets prices
flight price: plane ticket
flight search: find plane
flight status: plane late delayed
game: match play
game score: won result
game stat: players
geocode: address coordinates
geocode reverse: address coordinates
geofence: area fence
geolocation: visitor
hotel: stay night room
hotel offer: rooms prices
hotel search: find room night
journey: trip travel
league: clubs season
league table: standings
line: bus train
location: place data centre region shop branch store office
map tile: picture
match: game
match result: won
meter reading: electricity
nearby: around near
nearby search: around near
parking: car
place: shop restaurant
place detail: shop restaurant
place photo: shop look
place search: find shop restaurant
player: plays team
player stat: good plays
postcode: zip
property listing: house flat sale rent
property search: find house flat
region: area data centre location country
ride: taxi drive
ride cancel: taxi
ride request: call taxi
road: street traffic
route: path directions traffic
route optimize: best stops
season: year show
seat map: sit plane
seismic: shaking
space: area storage room
sport: game
standing: table
station: stop train
stop: bus halt
stop time: bus come
tide: water high low
timezone: time
toll: road costs
transit: bus train
travel: trip
trip: journey travel
vehicle: car
vehicle charge: electric car battery load
vehicle list: cars
vehicle location: car
vehicle lock: close car
vehicle unlock: open car
venue: place
weather: rain sun temperature
weather alert: storm warning
weather current: rain outside
weather forecast: rain tomorrow
weather history: rain
"""
"""Each line: what a tool must name in full, and the plain words that it may be asked for with."""
