"""Every read of aftercare, shaped for a page or a task."""

from aftercare.selectors.answers import answer_page, answers_in_words, findings_of, is_site_open
from aftercare.selectors.check_ins import (
    check_in_behind,
    check_ins_of,
    check_ins_to_call,
    check_ins_to_remind,
    check_ins_without_mail,
)
from aftercare.selectors.clock import response_due
from aftercare.selectors.concerns import (
    closed_concerns,
    concern_count,
    concern_for_page,
    concerns_of,
    concerns_past_due,
    counts_by_level,
    desk_concerns,
    open_call_tasks,
    open_concerns,
    patients_freed_since,
)
from aftercare.selectors.instructions import instructions_of, wall_words
from aftercare.selectors.messages import (
    kind_words,
    may_act,
    may_read,
    message_timeline,
    state_words,
    step_words,
    timeline_row,
)
from aftercare.selectors.pages import (
    STATE_FILTERS,
    call_rows,
    concern_detail,
    concern_rows,
    message_list,
    protocol_for_page,
    teach_back,
)
from aftercare.selectors.plans import plan_behind, planned_for, plans_in_error, sessions_without_plan
from aftercare.selectors.protocol import in_work, plans_for_preview, problem_words, removed_steps, step_rows, versions

__all__ = [
    "STATE_FILTERS",
    "answer_page",
    "answers_in_words",
    "call_rows",
    "check_in_behind",
    "check_ins_of",
    "check_ins_to_call",
    "check_ins_to_remind",
    "check_ins_without_mail",
    "closed_concerns",
    "concern_count",
    "concern_detail",
    "concern_for_page",
    "concern_rows",
    "concerns_of",
    "concerns_past_due",
    "counts_by_level",
    "desk_concerns",
    "findings_of",
    "in_work",
    "instructions_of",
    "is_site_open",
    "kind_words",
    "may_act",
    "may_read",
    "message_list",
    "message_timeline",
    "open_call_tasks",
    "open_concerns",
    "patients_freed_since",
    "plan_behind",
    "planned_for",
    "plans_for_preview",
    "plans_in_error",
    "problem_words",
    "protocol_for_page",
    "removed_steps",
    "response_due",
    "sessions_without_plan",
    "state_words",
    "step_rows",
    "step_words",
    "teach_back",
    "timeline_row",
    "versions",
    "wall_words",
]
