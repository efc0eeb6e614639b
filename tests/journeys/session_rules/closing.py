"""S21, S25, S26: leaving, and a record that is complete."""



from tests.journeys.session_rules.model import Case, Step
from tests.journeys.session_rules.products import product_lot
from tests.journeys.session_rules.sessions import ended, ended_whole, of_block, started
from treatments.models import (
    CartridgeLot,
    Device,
)

CASES: dict[str, Case] = {
    "S21 aftercare": Case("S21", "", started, (Step("REASON"), Step(None, {"aftercare_delivered": True}))),
    "S25 sharps": Case("S25", "", started, (Step("REASON"), Step(None, {"sharps_and_cleaning_confirmed": True}))),
    "S26 passes at the signature": Case("S26", "", ended, (Step("BLOCK"), Step(None, {"passes_vertex": "4"}))),
    "S26 the endpoint": Case("S26", "", ended_whole, (Step(None), Step("BLOCK", {"endpoint_vertex": ""}))),
    "S26 the device's number": Case("S26", "", ended_whole, (Step(None), Step("BLOCK", change=of_block(Device, udi="")), Step(None, change=of_block(Device, udi="UDI-1")))),
    "S26 the cartridge's lot": Case("S26", "", ended_whole, (Step(None), Step("BLOCK", change=of_block(CartridgeLot, lot=" ")))),
    "S26 a product's lot": Case("S26", "", ended_whole, (Step(None), Step("BLOCK", change=product_lot("")), Step(None, change=product_lot("MX-1")))),
}  # fmt: skip
