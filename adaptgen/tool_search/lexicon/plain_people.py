"""Plain words: people, their rights, their work and their time."""

PLAIN = """
absence: leave vacation time holiday
acquaintance buddy: contact friend follow connection
admin: owner manager role
administrator chief: admin owner manager role
age birthday: date profile
agenda diary planner: calendar event schedule
agreement: consent contract permission grant document envelope
anonymise: public erase gdpr
applicant: candidate app deployment pod package
appointment: booking event meeting
attacker: brute threat block
audience: segment list recipient
auditor lawyer: audit legal
award: badge achievement
badge: status credential token card
biography cv: profile resume bio
blacklist: block suppression deny
blocklist denylist: blacklist block suppression deny
booked: reservation ledger account appointment journal entry
boss: owner admin manager role
bouncer doorman: access auth guard
branch: department office group location team site unit
burglar hacker intruder: brute attack threat block
busy: organization availability org slot account enterprise freebusy company
buyer patron shopper: customer client account tenant contact
cadence: sequence step flow workflow
calendar: event schedule
candidate: applicant
child: sub nested
circle crew gang squad troop: team group
class: course
client: customer account tenant contact
clock: time timesheet entry
closing: hour business
coach instructor trainer: teacher owner
colleague coworker: member teammate collaborator user employee
conference party: event meeting
consent: permission grant
contractor: outside collaborator external supplier worker
countdown: timer
crowd: segment audience list recipient
customer: installation client account tenant contact
daily monthly weekly yearly: recurring schedule period stat
deadline: milestone due
delay: overdue
department: team group unit office
disguise masquerade: impersonation
division: team department group unit office
doppelganger twice: duplicate merge dedupe
drip: cadence sequence step flow workflow
due: deadline milestone
duty: role tax permission rate scope authorization policy
earnings: payroll revenue salary compensation payout payslip sale payment report balance
esteem standing: reputation score
face fingerprint iris voice: credential factor
fans: stargazer segment follower audience list recipient
fob smartcard: credential token card
follower: subscriber recipient contact
freelancer: outside contractor collaborator external supplier worker
friends: contact follow connection
gathering: list event export meeting
guest: visitor session user
handle nickname: name alias
head: admin header owner title manager role
heir successor: owner transfer
hire joiner recruit starter: member user invite candidate employee onboarding
holiday: leave vacation time
hours: event time log timesheet history entry
identity: user account document verification
illness sick: leave
impolite rude: silence suspend block abuse report user
incognito pseudonymise unrecognisable: anonymize erase gdpr
interested: lead prospect person contact opportunity
jobseeker: candidate applicant
kid offspring: child sub nested
landlord lodger renter: tenant owner
late: overdue delay history expired event log activity
later: schedule bookmark favorite upcoming save event
learner pupil: student member user
leave: vacation time holiday
lesson: course class
login: secret session credential password authentication auth token event
manager: owner admin
medal prize trophy: badge achievement award
meet: event
minor underage: age
newcomer: user new member invite candidate employee onboarding
nobleman: role
opener: job hour event position business click posting tracking stat
opt-in: consent permission grant
opt-out: unsubscribe suppression opt
opted: unsubscribe suppression global
optout: unsubscribe suppression opt global
org tribe: organization group
overdue: delay expired
papers: identity document file verification
passcode: password secret credential pin
passphrase: secret password credential token pin
passport: identity document verification
pay: billing payroll usage salary compensation charge payslip cost
personnel staff workforce: employee user member worker
pin: password secret credential
power: scale role replicas permission feed resources scope energy authorization policy
privilege: permission role binding scope access authorization policy
prospect: lead person contact opportunity
purchaser: customer order client account checkout tenant payment contact transaction
readers: open subscriber event recipient contact follower
remind: alert notification
reserve: booking appointment
resume: profile bio
room: capacity location venue
roster: shift schedule
rota: shift schedule roster
salary: payroll compensation payslip payment
sequence: cadence step flow workflow
sex: gender
shift: schedule roster
sign-in signon: session login auth token event
signin: login session authentication auth token event
spammer: block silence user suspend abuse report
steps: job cadence sequence flow workflow
student: member user
subscriber: recipient contact follower plan
superior: manager owner admin
suspect: alert lead scanning prospect person contact opportunity
teammate: member collaborator user employee
temp: contractor external supplier worker
time-zone: timezone zone
timezone: zone
tomorrow: date schedule upcoming event
tonight: schedule upcoming event
troll: block silence user suspend report interaction abuse lock
trust: verified reputation allowed score
unit: merge department group team office
unsubscribed: suppression opt global
upcoming: schedule event
vacancy: job position posting
vacation: leave time holiday
vendor: supplier merchant provider
venue: room location
visit: traffic view appointment event
visitor: traffic view session guest user
volunteer: member participant
wage: payroll salary compensation payslip payment
workmate: teammate member user employee
"""
"""Each line: words of questions, and the words of APIs that they may stand for, the likeliest first."""
