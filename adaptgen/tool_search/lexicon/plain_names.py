"""Plain words: names that everybody knows, by what they are the name of."""

PLAIN = """
amex mastercard visa: card payment method
android ipad iphone smartphone: device phone mobile
apple facebook github google linkedin okta: identity provider social oauth federated login integration
debian fedora linux ubuntu windows: image operating system template instance server
dhl fedex hermes ups usps: carrier courier shipment service
discord slack teams whatsapp: channel integration message webhook
docker: container image registry
gmail hotmail outlook: email mailbox mail address
instagram tiktok twitter: social account channel post profile
jira trello: issue project board integration
kafka rabbitmq: queue topic broker stream
mailchimp: campaign audience list
mongodb mysql oracle postgres postgresql redis: database db engine
nginx: proxy server ingress
office365: integration calendar mail
paypal stripe: payment provider gateway
s3: bucket storage object
vimeo youtube: video channel
zoom: meeting webinar
"""
"""Each line: words of questions, and the words of APIs that they may stand for, the likeliest first."""
