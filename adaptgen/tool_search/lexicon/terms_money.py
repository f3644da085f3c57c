"""Terms of APIs: money and trade: payments, bills, banking, books, shops, orders, parcels."""

TERMS = """
account balance: money left
account statement: went
accounting: books ledger
address validate: street exist typo parcel arrive real
adjustment: correction
advertisement: ad promotion
affiliate: partner commission
authorization capture: take reserved money
authorization void: reserved money
balance: money left owe
balance history: money went
balance read: money
balance transaction: money went
bank account: iban money
bank account verify: prove iban
bank transfer: wire money
basket: cart shopping trolley
beneficiary: money recipient
bid: offer auction
bill pay: settle debt
billing address: invoice
billing history: past invoices
billing plan: price tier
billing portal: customer manages payment himself
bonus: extra reward
booking: reservation appointment
booking cancel: come call
booking create: reserve appointment
booking list: comes reservations
booking reschedule: time
booking update: time
box: parcel package size
brand: maker
budget alert: warn spending
bundle: set sold together
capture: take reserved money
card activate: start plastic
card block: lost stolen plastic
card create: new plastic issue task note
card freeze: lost stolen plastic
card list: credit debit
card lost: stolen plastic
card transaction: paid plastic
carrier account: contract parcel company hook
carrier connect: contract parcel company hook
carrier fund: prepaid money postage top
cart: basket shopping trolley
cart add: put basket
cart clear: empty basket
cart create: start shopping basket
cart item: basket
cart item add: put basket
cart item delete: take basket
cart item update: fewer basket
cash: money drawer
charge: take money card pay electric car battery
charge create: take money card
charge refund: give money
chargeback: customer contested payment
checkout: pay till finish shopping
checkout session: payment page
commission: share cut
company: firm business employer customer
cost: spend money
cost center: department pays
coupon: voucher discount code cheaper promotion
coupon create: new voucher discount code percent christmas
coupon delete: voucher longer valid
coupon validate: voucher good
credit card: plastic
credit note: correct invoice money
credit report: solvent
credit score: solvent trustworthy
currency: money dollar euro
currency convert: euros dollars
customer: client buyer shopper account patron
customer balance: owes
customer create: new client buyer
customer delete: forget client
customer group: kinds buyers
customer list: clients buyers
customer order: buyer purchase
customer payment method: saved card
customer read: client
customer search: find client name
customer subscription: plan client
customer update: client moved new address
customs: border declare
customs form: border papers
debit: withdraw money
delivery address: parcel
delivery date: parcel arrive
delivery estimate: parcel arrive
delivery option: parcel sent
deposit: pay money down
direct debit: collect bank account
discount: cheaper rebate percent reduced reduction
discount create: cheaper percent
dispute: customer contested payment chargeback complaint
dispute accept: lose give contest
dispute evidence: prove payment
dispute list: contested payments
dispute submit: answer contest
drop off: bring parcel shop counter
estimate: quote offer cost long effort
exchange rate: dollar euros worth
expense: spent outlay receipt
expense approve: boss okay outlay
expense create: hand receipt
expense report: outlay travel claim
fee: cost charge
financial account: money kept
fraud: cheat suspicious stolen risk
fraud check: buyer suspicious
freight: heavy lorry truck
fulfillment: send goods ship parcel delivery
fulfillment cancel: ship
fulfillment create: ship goods
fund: money prepaid top balance
general ledger: books accounts
gift card: voucher present
gift card create: sell voucher
income: earned
installment: pay parts
insurance: cover policy
insurance claim: parcel damaged lost cover
inventory adjust: correct stock count
inventory item: stock article
inventory level: stock left
inventory update: correct stock new delivery arrived
invoice: bill owe charge due
invoice cancel: bill wrong
invoice create: bill customer charge
invoice delete: throw bill away
invoice download: bill paper pdf
invoice finalize: bill ready
invoice item: line bill position
invoice list: bills
invoice overdue: unpaid late
invoice pay: settle bill paid
invoice pdf: bill paper print
invoice preview: bill
invoice read: bill say
invoice reminder: paid dun
invoice send: mail bill
invoice unpaid: owes
invoice upcoming: bill
invoice update: correct bill
invoice void: bill wrong cancel
item create: new article
journal entry: booking
kitchen: restaurant
label void: postage sent cancel
ledger: books accounts
lien: claim
line item: position bill
loan: borrowed money credit
loan repayment: pay borrowed
loyalty: reward points faithful
loyalty point: reward
mandate: allowed collect
manifest: paper lists handed driver end day
manifest create: paper lists handed driver
market: exchange place
market price: worth
merchant: seller shop
merchant account: seller
money transfer: send wire
offer: proposal price class course term
offer accept: take price
order: purchase bought sale medicine
order accept: take purchase
order cancel: stop purchase call
order close: purchase
order confirm: purchase okay
order create: buy purchase
order delivery: purchase
order fulfill: ship purchase
order history: buy
order item: bought
order list: purchases sales bought
order note: remark purchase
order read: purchase
order refund: give money purchase
order reject: decline purchase
order return: customer sends goods
order shipment: send purchase parcel
order status: purchase far arrive
order tracking: purchase parcel
order update: change purchase
package type: box sizes
pallet: freight
parcel: box delivery
partner: reseller
pay run: salaries wages
payee: money
payment: money paid charge transaction
payment approve: okay
payment authorize: reserve money
payment cancel: stop take money
payment capture: take reserved money
payment confirm: money sent
payment create: send take money
payment initiate: wire send money
payment intent: take money
payment link: page customer
payment list: paid money came
payment method: card saved bank
payment method attach: save card
payment method delete: forget card
payment method list: saved cards
payment order: wire money
payment refund: give money
payment request: ask money
payment reversal: undo money
payment schedule: due
payment session: page customer
payment status: money arrive paid
payment term: due days
payment void: undo money
payout: money transferred bank earnings
payout cancel: stop money leaving
payout create: send money bank
payout list: money reach bank
payslip: wage salary paper
pickup: driver comes fetch collect courier
pickup cancel: call driver
pickup create: driver come fetch collect parcels tomorrow
pickup delete: call driver
pickup point: collect drop parcel near
pickup schedule: driver come fetch collect parcels tomorrow
plan: price tier package subscription
plan change: upgrade downgrade
plan create: new price tier
plan list: subscribed tiers
point: reward near home collect drop parcel
point of sale: shop till
portfolio: shares assets investments
position: shares held job vacancy
postage: stamp cost send
price: cost tariff amount
price create: new cost
price history: cost develop
price list: tariffs
price rule: cheaper
price update: raise dearer cheaper
product: article goods item merchandise catalogue
product category: kinds goods
product create: new article goods sell
product delete: longer sell article
product image: photo article
product list: goods sell
product option: size colour
product price: article cost
product read: article
product review: buyers think stars
product search: find article goods
product stock: left
product update: change article dearer cheaper
product variant: size colour
promotion: special offer discount cheaper
promotion code: voucher
promotion create: percent christmas
purchase: buy bought
purchase order: buy supplier
quote accept: take offer
quote create: offer
rate: price
rate calculate: sending cost
rate compare: cheapest
rate estimate: sending roughly cost
receipt: proof payment slip
reconcile: compare bank books
reconciliation: compare bank books
recurring payment: month standing
redeem: voucher
refund: give money reimburse return
refund cancel: give
refund create: give money
refund status: money
reservation: booking table room
reservation cancel: come call
reservation create: book table room
restaurant: eat food table
return: send goods
return authorization: customer send
return create: customer sends goods
return label: paper sending
return reason: sent
reversal: undo
reward: bonus points
room availability: free nights
royalty: artist paid
sale: sold purchase
sales report: sold turnover
saved card: credit
seat: place
seller: merchant vendor
service point: near home collect drop parcel
settlement: money paid
shipment: parcel delivery package sent
shipment cancel: send parcel
shipment create: send parcel
shipment label: paper parcel print
shipment rate: sending parcel cost
shipment tag: mark parcel
shipment track: parcel
shipping address: parcel
shipping cost: parcel
shipping method: parcel sent
shipping zone: deliver
shop: store business
sku: article variant
statement: went bank
stock: left inventory shares
stock level: left
stock transfer: move goods between warehouses
store: shop branch
store credit: money left shopping
subscription activate: start plan
subscription cancel: stop plan longer pay monthly quit
subscription create: start plan pay monthly
subscription delete: stop plan
subscription item: plan
subscription list: pays monthly
subscription pause: hold plan
subscription plan: monthly price recurring membership
subscription renew: plan longer
subscription resume: plan
subscription update: switch plan upgrade downgrade
supplier: vendor delivers
tax: vat duty
tax calculate: vat
tax rate: vat percent
tax return: state
terminal: card reader till
terminal reader: card device
ticker: share price
ticket: seat entry problem request help case complaint issue ride event
tip: gift waiter
top up: load money prepaid
tracking event: parcel
tracking number: parcel
tracking start: follow parcel
tracking stop: longer follow parcel
trade: buy sell deal
transaction: payment booking money went movement
transaction category: money spent
transaction list: money went movements
transaction read: payment
transaction search: find payment
transfer cancel: stop money
transfer create: send wire money
transfer reversal: take money
trial: test period free
usage record: consumed
variant analysis: query
vat: tax
vat validate: tax number genuine
vendor: supplier
voucher: coupon discount
voucher redeem: coupon
wallet: purse money
wallet balance: money purse
warehouse create: place send goods
warehouse delete: longer send goods place
warehouse list: places send goods
wire: send money bank
wishlist: later
withdraw: take money
"""
"""Each line: what a tool must name in full, and the plain words that it may be asked for with."""
