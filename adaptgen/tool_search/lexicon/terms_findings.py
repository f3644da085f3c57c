"""Terms of APIs: keeping software safe: rules, findings, advisories, who is kept away."""

TERMS = """
advisory: security vulnerability hole published known weakness notice disclose cve disclosure announcement
advisory create: prepare notice weakness
advisory cve: official number weakness
advisory list: known holes published weaknesses
advisory report: tell maintainers weakness confidential making public
advisory update: change notice weakness
alert: warning finding problem hole vulnerable leak danger alarm notify trouble
alert dismissed: ignore relevant
alert list: open problems found warnings wrong alarms
alert read: warning
audit event: trail changed
audit log: trail record changed history operators
audit sink: record sent
block: ban troll spam keep away bother unwanted spammer stop
block user: keep troll away ban nasty spammer people
bypass: exception allowed anyway around rule circumvent
dependabot: dependency library third party holes vulnerable outdated updates dangerous component
dependabot alert: third party libraries known holes vulnerable dependency ship
dependabot alert update: ignore hole relevant
dependency diff: libraries changed between versions
dependency graph: libraries third party components
dependency review: libraries changed between versions
dependency snapshot: submit libraries build uses
interaction: commenting newcomers cool down restrict
interaction limit: members comment temporarily cool down old
interaction restriction remove: comment
interaction restriction set: old members comment cool down heated
license: licence legal terms copyright allowed reuse permission rights
license list: usual legal terms choose
license repo: terms project
private registry: packages come login
private reporting enable: people tell weakness confidence
private vulnerability reporting: confidential tell hole
protection: guard rules forbid prevent nobody allowed require safe lock
push protection: stop leaked passwords bypass
push restriction: write line
required review: approve merging
required signature: signed changes
required status check: tests green merge
restriction: people forbid limit
ruleset: rules protect forbid prevent nobody allowed force push main branch conventions enforce restrictions policy
    guard require
ruleset bypass: skip checks exempt
ruleset create: nobody force push conventions branches
sarif: scanner results upload
sarif upload: hand results scanner
sbom: inventory components ingredients list auditors bill materials dependencies full parts
secret: password credential key token confidential store safe sensitive hidden login certificate passphrase private
    value data
secret alert: leaked
secret create: store password credential safely put save login app
secret delete: throw away password
secret list: credentials passwords kept names stored
secret public key: encrypt sending
secret read: password changed look
secret repo: projects password
secret scanning: leaked passwords keys tokens credentials code exposed committed accidentally found spilled
secret scanning alert: leaked passwords code
secret scanning alert update: leaked password changed settled
secret scanning location: leaked found
secret selected repo: projects password
secret update: change password app uses new rotate
security advisory: vulnerability weakness hole disclose publish tell maintainers
vulnerability: hole weakness security flaw exploit known
vulnerability alert disable: longer warn libraries
vulnerability alert enable: warn libraries
vulnerability report: tell maintainers weakness confidential making public
"""
"""Each line: what a tool must name in full, and the plain words that it may be asked for with."""
