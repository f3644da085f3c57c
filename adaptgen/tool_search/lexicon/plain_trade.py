"""Plain words: money and goods."""

PLAIN = """
acquire bought buy: order purchase checkout payment transaction
aisle: location rack inventory collection
allowance: permission credit role access quota binding review limit balance authorization
argue contest: dispute claim
article: product item post entry sku variant listing
assets: portfolio holding position
assortment: catalog product collection
back-in-stock restock: inventory stock level item
bag trolley: cart basket checkout
bank: account external
bankrupt broke insolvent: balance fund risk
barcode: code sku
bargain cheap cheaper markdown rebate: discount coupon promotion offer price
basket: cart checkout
beneficiary: payee recipient account
bill: sbom invoice usage payment charge receipt cost statement
bitcoin coin: currency wallet crypto
bookkeeping: ledger account journal entry
borrowed: access loan share credit
box: node shipment field device host parcel property machine package attribute server instance hardware runner
    equipment
brand: manufacturer vendor
bring: return refund rma
built: workflow manufacturer run brand check vendor
carrier: provider shipping circuit
cash: payment balance currency amount transaction payout
catalogue: product collection
chargeback: dispute
cheat crook scam: fraud risk dispute radar
checkout: terminal session
colour flavour size: variant option attribute
commission: fee split
complains: issue dispute spam report claim complaint
conversion: rate exchange currency
courier: carrier provider shipping
credit: balance
crypto: currency wallet
debit: payout transfer withdrawal mandate
debt iou: invoice balance due loan
deliver: shipment event status fulfillment tracking
deposit: prepayment top
depot: warehouse location inventory
dispatch: shipment delivery fulfillment tracking
disputed: claim
donate: gift contribution
down: reject deposit incident approval prepayment outage top status
ean gtin: barcode code sku
estimate: quote offer proposal
expense: cost spend
fare: price rate tariff plan fee
fee: price rate tariff plan
fraud: risk dispute radar
funds: payment balance currency amount transaction cash payout
giftcard: gift card voucher
gifts: donation card voucher contribution
goods merchandise wares: product item article sku variant listing
haggle negotiate: quote offer
holdings: contain asset store portfolio member position
iban: bank account external
income takings turnover: revenue earning payout sale report balance
installment: asset resources plan release api payment schedule
item: product article sku variant listing
ledger: account journal entry
left prepaid: credit balance
loan: credit
loyalty: reward point
maker: manufacturer brand vendor
manufacturer: brand vendor
money-back reimbursed: refund reversal
money: billing payment usage balance currency charge amount cost transaction cash payout
mortgage: loan credit
offer: quote proposal estimate
opinions stars: review rating
order: purchase
outlay: expense cost spend
outlet: store shop port location socket site power
owing: invoice billing balance due loan
package: shipment parcel
paid unpaid: payment invoice status
parcel: shipment package
payee: recipient beneficiary account
photo: avatar image media picture
picture: avatar image tree photo file snapshot media
pocket: credit quota limit balance
points: reward loyalty
pricing: rate tariff plan fee
rack: location inventory collection
range: catalog prefix product collection subnet network cidr
rate: review exchange currency
receipt: invoice
receiver: delivery payee event recipient notification beneficiary account
recipient: payee beneficiary account
remaining unsold: inventory
rep salesman: sales user owner
return: rollback bounce restore refund failed rma delivery
reward: loyalty point
sales: revenue earning order payout product listing report balance
save: account
sell: sale order product listing
settled: resolved payment close invoice status
share: fee commission split
shelf: registry location rack inventory collection
shop: store deployment page ingress location site
slip: milestone receipt invoice
statement: report transaction
stocked: inventory level item
store: warehouse shop location inventory
sum: payment stat balance currency total amount metric transaction aggregate cash payout
supply: provide inventory stock level item
tariff: price rate plan fee
taster: trial subscription
tax: rate
till: checkout terminal session
tip: donation gift contribution
trial: subscription
valuables: asset portfolio holding position
vat: tax rate
verdicts: status review rating result
warehouse: location inventory
wish: wishlist favorite
wishlist: favorite
"""
"""Each line: words of questions, and the words of APIs that they may stand for, the likeliest first."""
