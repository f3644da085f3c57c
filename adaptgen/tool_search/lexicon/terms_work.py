"""Terms of APIs: work and who does it: plans, tasks, tickets, calendars, sales, staff, pupils, patients."""

TERMS = """
absence: leave sick holiday away
absence approve: boss okay holiday
absence create: ask holiday sick call
absence list: away
account owner: salesman charge
activity: happened call meeting
activity create: write down call meeting
activity list: lately
activity log: happened
agenda: points meeting
agent status: employee free
agent task: job ai
alarm: warning threshold
allergy: stand patient
appointment: date visit booking
appointment cancel: call visit
appointment create: book visit
appointment list: comes
appointment reschedule: time
appointment slot: free times
approval: boss okay decision say yes allow accept
approval request: ask boss okay
assessment: test exam evaluation
assessment delete: redo test
asset assign: give equipment employee
asset checkin: equipment comes
asset checkout: hand equipment
assignment grade: marks students
assignment submit: hand homework
attendance: present
attendee: guest comes participant
badge: award medal earned
badge award: give medal
badge list: medals earned
benefit: perk insurance
board: kanban wall planning
board column: lane
board create: new planning wall
board list: planning walls
business hour: open
calendar: diary agenda schedule dates
calendar create: new diary
calendar event: appointment meeting date
calendar list: diaries
calendar share: others see dates diary
candidate: applicant job seeker
candidate create: new applicant
candidate hire: take applicant
candidate list: applied
candidate reject: turn applicant down
candidate stage: far applicant
canned response: ready answer
card member: works note
card move: lane
care plan: treatment
case: ticket problem request
case close: solved problem
case create: report problem
check item: point tick
check item update: tick point
checklist item: point tick
checklist item update: tick
class: lesson pupils
comment create: say remark answer
comment delete: take remark
comment list: said
comment update: correct remark
company create: new firm
company list: firms
concurrency: time parallel simultaneous
contract: agreement
course: lesson training learn
course activation: start class new term
course content: lessons material
course create: new class subject
course enroll: put pupil learn
course list: learned
course progress: far learning
creation cap: open
custom field: attribute extra column
custom field create: attribute
custom role: self made rights
customer satisfaction: happy content rating
deal: sale opportunity business chance
deal create: new business chance
deal list: sales chances
deal stage: far sale
deal update: sale won lost further
deal won: closed sale
department: division team
dependency: finished waits
dependency create: task waits
devcontainer: configuration cloud environment
diagnosis: illness
discussion: talk forum conversation
doctor: physician practitioner
due date: deadline
employee: staff worker person colleague
employee create: new hire starter
employee leave: holiday away
employee list: staff works
employee read: colleague
employee terminate: fire left
employee update: colleague married moved
encounter: visit patient
enrollment: signed pupil takes class
epic: large story
event attendee: comes guests
event cancel: call meeting
event create: plan meeting appointment put diary
event delete: call meeting
event list: agenda dates went wrong lately
event register: take part sign
event response: say come
event update: move meeting time
exam: test
exam result: grades test
facilitator: teacher leads class
feedback: opinion people think
form response: people answer
free busy: time
goal: target objective aim
goal update: far target
grade: mark pupil
gradebook: marks pupils
hash algorithm: changes fingerprinted
helpdesk: support
holiday: day vacation
hour: time worked
idea: suggestion wish
inspection: check visit
instructor: teacher
interview: talk applicant
interview schedule: talk applicant
issue assign: give task colleague
issue attachment: file task
issue link: tasks belong together
issue transition: move task state
issue watcher: follows task
iteration: sprint
job application: applied
knowledge base: help texts
lab result: blood test
lane: column board
lead: prospect interested potential buyer
lead assign: give prospect salesman
lead convert: prospect becomes customer
lead create: new prospect interested
lead list: prospects buy
lead score: promising
learner: pupil
learner progress: far learning
leave: holiday vacation away absence
leave balance: days left
leave request: ask holiday
leave request approve: boss okay holiday
lecture: lesson
lesson: class
lesson plan: taught
macro: ready steps canned reply
markdown: render format html text
marker: grades teacher
marking: grade teacher
meeting: call conference session appointment
meeting cancel: call
meeting create: plan conference call
meeting invite: ask come
meeting join: take part
meeting list: conferences calls
meeting minute: said
meeting participant: took part came
meeting recording: watch said
note: memo remark write down
note create: write down memo jot
note delete: throw memo away
note list: memos
note update: correct memo
objective: goal target
observation: measured patient
offering create: new class
offering list: classes
offering user: pupils class
onboarding: new hire days
opportunity: deal sale chance business
org chart: boss
patient: ill person
patient create: new ill person
patient search: find ill person
pattern: expression detect find
payroll: salaries wages pay
payroll run: pay salaries
person: contact
pipeline: stages sales funnel process
pipeline stage: step sale
practitioner: doctor
prescription: medicine
priority: important urgent
problem: trouble
procedure: operation
progress: far finished
progress list: far learning
project archive: plan put away
project delete: scrap plan
project member: works plan
project member add: colleague work plan
project read: plan
project status: plan
project template: blueprint plans
project update: change plan
quiz: test questions grades answers
quiz result: grades tests
received event: people follow
referral: recommended
reminder: alarm remember
reminder create: remember
request: asks
request approve: say yes
request deny: say
resolution: solved
response: answer
roster: works
routing rule: ticket
salary: wage pay
satisfaction rating: happy content help
schema: definition structure shape
school: pupils teachers
shift: works
shift assign: give work time
shift create: plan work
shift list: works
shift swap: exchange work times
signature: signed genuine proof
sla: fast answer promised
slot: free time
sprint: iteration two weeks
sprint close: iteration
sprint create: plan iteration
sprint start: begin iteration
stage: step far
state: far
status update: tell
student: pupil learner
student list: class
study: learn
submission: handed
submission grade: mark
subtask: small part task
subtask create: split task parts
support ticket: help problem
survey: questionnaire opinion poll
survey create: ask people opinion
survey response: people answer
tag add: label mark
tag remove: take label away
task assign: give work colleague
task comment: remark work
task complete: finished tick
task create: new
task delete: scrap
task dependency: wait work
task move: lane project
task update: change deadline
teacher: instructor
ticket assign: give problem colleague agent
ticket close: problem solved
ticket comment: remark problem
ticket create: report problem ask help print_error
ticket delete: throw complaint away
ticket escalate: boss look urgent
ticket list: problems complaints open
ticket priority: urgent
ticket reply: answer customer
ticket search: find problem
ticket update: change problem
time entry: hours worked
time entry create: write down hours worked
time entry list: hours worked
time off: holiday days away
time off balance: days left
time off request: ask holiday
time tracking: hours worked stopwatch
timer: stopwatch
timer start: begin stopwatch
timer stop: end stopwatch
timesheet: hours worked
timesheet approve: boss okay hours
todo: task
tutor: teacher
unfollow: stop keeping person
university: students
user mark: grades teacher
user progress: far person learning
user story: task
vacation: holiday away leave absence
vaccination: jab shot
visibility: public private see
webinar: online talk lecture
webinar registrant: signed talk
work item: task
work log: hours spent
work order: job technician
workspace: area team
"""
"""Each line: what a tool must name in full, and the plain words that it may be asked for with."""
