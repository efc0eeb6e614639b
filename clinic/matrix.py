"""The authorisation matrix as data (SECURITY.md; SETTLED.md, “Matrix rows missing”). No Django here.

A row is `resource:action` → what clinician, front desk, manager and auditor may: `●` yes (own sites), `◐` limited, `–` no.
Anything that is not listed is denied. Somebody with several roles has the best of them.
"""

from clinic.roles import Role

_COLUMNS = (Role.CLINICIAN, Role.FRONT_DESK, Role.MANAGER, Role.AUDITOR)

_ROWS = """
today:view                 ● ● ◐ –
search:view                ● ● ◐ –
patient:list               ● ● ◐ –
patient:view               ● ● ◐ –
patient:edit               ● ● – –
death:record               ● ● – –
intake:state               ● ● – –
intake:view                ● – – –
intake:submit              ◐ – – –
intake:on_paper            ● ● – –
intake:review              ● – – –
screening:view             ● ◐ – –
screening:view_reasons     ● – – –
clearance:view             ● – – –
clearance:record           ● – – –
consent:state              ● ● – –
consent:content            ● – – –
consent:record             ● ● – –
consent_text:view          ● – ● ●
consent_text:propose       – – ● –
consent_text:approve       ● – – –
hold:see                   ● ● – –
hold:why                   ● – – –
hold:place                 ● – – –
hold:release               ● – – –
rescreen:record            ● ● – –
allergy:edit               ● – – –
medicine:edit              ● – – –
course:view                ● ◐ – –
course:change              ● – – –
session:read               ● – – –
session:draft              ● – – –
session:sign               ● – – –
session:addendum           ● – – –
session:cosign             ● – – –
clinic:signing             – – ● –
photo:view                 ● – – –
photo:upload               ● – – –
photo:annotate             ● – – –
photo:error                ● – – –
photo:download             ◐ – – –
adverse_event:view         ● – – –
adverse_event:record       ● – – –
measurement:view           ● – – –
measurement:record         ● – – –
patch_test:record          ● – – –
device:view                ● ● ● –
device:register            – – ● –
device:quarantine          ● – ● –
stock:view                 ● ● ● –
stock:use                  ● – ● –
stock:register             – – ● –
stock:quarantine           ● – ● –
stock:recall               – – ● –
stock:received             ● – ◐ –
stock:contact              ● – ● –
appointment:view           ● ● ◐ –
appointment:book           ● ● – –
appointment:move           ● ● – –
appointment:cancel         ● ● – –
appointment:state          ● ● – –
appointment:early          ● – – –
appointment:overlap        ● ● – –
recall:view                ● ● ● –
recall:change              ● ● ● –
working_hours:view         ● ● ● –
working_hours:change       ◐ ● ● –
booking:settings           – – ● –
screen:manage              – ● ● –
import:run                 – ● ● –
import:export              – – ● –
record:export              ◐ – – –
record:import              ● – – –
feed:own                   ● – ● –
visit:start                ● – – –
checkin:view               ● ◐ – –
checkin:answer_for         ● – – –
concern:count              ● ● – –
concern:view               ● ◐ – –
concern:claim              ● – – –
concern:close              ● – – –
rota:view                  ● ● ● –
rota:change                ● – ● –
call_task:view             ● ● – –
call_task:done             ● ● – –
aftercare:replan           ● – – –
message:states             ● ● ● –
message:body               ● ◐ – –
message:hold               ● ◐ – –
message:release            ● ◐ – –
message:send_now           ● ◐ – –
message:lift               ● ● – –
mail_settings:view         – – ● –
mail_settings:change       – – ● –
protocol:view              ● ● ● –
protocol:propose           – – ● –
protocol:approve           ● – – –
policy:view                ● – ● –
policy:propose             – – ● –
policy:approve             ● – – –
rules:view                 ● ● ● ●
link:view                  ● ● – –
link:revoke                ● ● – –
link:resend                ● ● – –
link:unlock                ● ● – –
staff:view_own             ● ● ● ●
staff:manage               – – ◐ –
audit:read                 – – ◐ ●
audit:openers              ● – ● ●
result:view                ● – ● ●
report:view                – – ● ●
"""

_LEVELS = {"●": "full", "◐": "limited", "–": "none"}


def _read(rows: str) -> dict[str, dict[Role, str]]:
    table: dict[str, dict[Role, str]] = {}
    for line in rows.strip().splitlines():
        right, *marks = line.split()
        if right in table or len(marks) != len(_COLUMNS):
            raise ValueError(f"matrix row {right!r} stands twice or has not four marks")
        table[right] = {role: _LEVELS[mark] for role, mark in zip(_COLUMNS, marks, strict=True)}
    return table


MATRIX: dict[str, dict[Role, str]] = _read(_ROWS)


def level_for(roles: frozenset[Role], right: str) -> str:
    """`full`, `limited` or `none` for somebody with these roles. Unknown right, role or no role: none (R04)."""
    row = MATRIX.get(right)
    if row is None:
        return "none"
    found = {row.get(role, "none") for role in roles}
    return next((level for level in ("full", "limited") if level in found), "none")
