"""S05–S09, S17, S18, S23, S24: device, cartridge, depth, passes, endpoint, pain."""

from datetime import date

from tests.journeys.session_rules.model import Case, Step, closing, depths
from tests.journeys.session_rules.sessions import draft, of_block, started
from tests.treatments.make import DAY
from treatments.models import (
    Cartridge,
    CartridgeLot,
    Device,
)

CASES: dict[str, Case] = {
    "S05 the device's maximum": Case("S05", "vertex", draft(), (
        Step(None, {"depth_vertex": "1.00"}, of_block(Device, max_depth_hundredths=100)), *depths("vertex", ("1.01", "BLOCK"), ("1.00", None)))),
    "S05 off the register": Case("S05", "", draft(), (Step("BLOCK", change=of_block(Device, registered_for_scalp=False)), Step(None, change=of_block(Device, registered_for_scalp=True)))),
    "S05 an energy device": Case("S05", "", draft(), (Step("BLOCK", change=of_block(Device, type="radiofrequency")), Step(None, change=of_block(Device, type="pen")))),
    "S06 the seal": Case("S06", "", draft(), (Step("BLOCK", {"seal_intact": False}), Step(None, {"seal_intact": True}))),
    "S06 a recall": Case("S06", "", draft(), (Step("BLOCK", change=of_block(CartridgeLot, recalled=True)), Step(None, change=of_block(CartridgeLot, recalled=False)))),
    "S06 the last day": Case("S06", "", draft(), (Step(None, change=of_block(CartridgeLot, expires_on=date(2026, 3, 2))), Step("BLOCK", change=of_block(CartridgeLot, expires_on=date(2026, 3, 1))))),
    "S06 no lot": Case("S06", "", draft(), (Step("BLOCK", change=of_block(CartridgeLot, lot=" ")), Step(None, change=of_block(CartridgeLot, lot="L-9")))),
    "S06 used": Case("S06", "", draft(), (Step("BLOCK", change=of_block(Cartridge, discarded_at=DAY)), Step(None, change=of_block(Cartridge, discarded_at=None)))),
    "S07 depth": Case("S07", "vertex", draft(), depths("vertex", ("0.19", "BLOCK"), ("0.20", "NOTE"), ("0.49", "NOTE"), ("0.50", None), ("1.49", None), ("1.50", "NOTE"), ("1.51", "REASON"), ("2.50", "REASON"), ("2.51", "BLOCK"))),
    "S08 frontal hairline": Case("S08", "frontal_hairline", draft(), depths("frontal_hairline", ("1.00", None), ("1.01", "REASON"))),
    "S08 left temple": Case("S08", "temple_left", draft(), depths("temple_left", ("1.00", None), ("1.01", "REASON"))),
    "S08 right temple": Case("S08", "temple_right", draft(), depths("temple_right", ("1.00", None), ("1.01", "REASON"))),
    "S08 mid-scalp": Case("S08", "mid_scalp", draft(), depths("mid_scalp", ("1.25", None), ("1.26", "REASON"))),
    "S08 vertex": Case("S08", "vertex", draft(), depths("vertex", ("1.50", None), ("1.51", "REASON"))),
    "S08 occipital": Case("S08", "occipital", draft(), depths("occipital", ("1.50", None), ("1.51", "REASON"))),
    "S09 darker skin": Case("S09", "vertex", draft(), (
        Step(None, {"fitzpatrick": "IV", "depth_vertex": "1.00"}), Step("REASON", {"depth_vertex": "1.01"}), Step(None, {"fitzpatrick": "III"}), Step("REASON", {"fitzpatrick": ""}))),
    "S17 passes": Case("S17", "vertex", draft(), (Step(None, {"passes_vertex": "6"}), Step("REASON", {"passes_vertex": "7"}))),
    "S18 endpoint": Case("S18", "vertex", started, (
        Step("NOTE"), Step(None, {"endpoint_vertex": "mild_erythema"}), Step("NOTE", {"endpoint_vertex": "pinpoint_bleeding"}), Step("BLOCK", {"endpoint_vertex": "frank_bleeding"}))),
    "S23 pain": Case("S23", "", started, (Step(None, {"pain": "7, 7"}), Step("NOTE", {"pain": "7, 8"}), Step("BLOCK", {"pain": "8, 3, 8"}))),
    "S24 below the hairline": Case("S24", "vertex", draft(), (Step(None), Step("BLOCK", {"below_vertex": True}))),
    "S24 a closed zone": Case("S24", "vertex", draft(), (
        Step(None, elsewhere=closing("Frontal hairline", "Occipital")), Step("BLOCK", elsewhere=closing("Vertex", "Occipital")), Step(None, elsewhere=closing(why="benign, may be treated")))),
}  # fmt: skip
