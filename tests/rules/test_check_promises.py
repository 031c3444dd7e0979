"""Each promise of ``bangfu check``, tried with a deliberate fault in a copy of a pack: where it is, what is wrong, what to write."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bangfu.rules.errors import Fault
from bangfu.rules.pack.checks import check_pack
from bangfu.rules.pack.load import read_pack
from tests.rules.engines import POLICIES

TODAY = dt.date(2026, 11, 24)
RELIEF, MEDICAL, PENSION, VALUES = "county/01-fund-and-relief.yaml", "county/03-medical.yaml", "county/04-pension.yaml", "county/parameters.yaml"


@dataclass(frozen=True)
class Slip:
    """``old`` in a file becomes ``new``; the message stands where ``at`` does (in ``new`` if it is there) and says ``said``."""

    name: str
    file: str
    old: str
    new: str
    at: str
    said: tuple[str, ...]
    level: str = "error"


TEST = "work_form == 'flexible'"
BAND = "{up_to: 12000 元/次, gives: 15%}"
SLIPS = (
    Slip("a repeated key", MEDICAL, "applied_by: hospital_side\n", "applied_by: hospital_side\n    applied_by: hospital_side\n", "applied_by", ("键“applied_by”重复", "请删去一个或改名")),
    Slip("a text for a list", PENSION, "covers: [county-05a]", "covers: 5", "5", ("“covers”应为一列名称",)),
    Slip("a list for a word", PENSION, "per: contribution", "per: [contribution]", "[", ("“per”应为一个词",)),
    Slip("a code held against a number", PENSION, TEST, "work_form == 3", "work_form", ("两边类型不同：代码与数",)),
    Slip("a number for a condition", PENSION, TEST, "5", "5", ("条件须为是或否",)),
    Slip("nothing to test", PENSION, "when:\n      - employment", "unless: []\n    when:\n      - employment", "[]", ("“unless”是空的",)),
    Slip("a text in one language", PENSION, "先缴费后补贴，最长3年 | Paid after the contribution, for at most 3 years", "最长3年", "最长3年", ("中文 | English",)),
    Slip("a unit that is none", MEDICAL, "limits: [30000 元/年]", "limits: [30000 元/公里]", "30000", ("没有单位“公里”", "可用")),
    Slip("units that differ", MEDICAL, "max(total_cost - paid_basic, 0)", "max(total_cost - minimum_wage, 0)", "total_cost", ("单位不同：元/次 与 元/人·月", "monthly/yearly")),
    Slip("an amount in another unit than its period", RELIEF, "every: year\n    purpose: living", "every: month\n    purpose: living", "temporary_relief", ("应为 元/户·月", "现为 元/户·年")),
    Slip("bounds of bands in two units", MEDICAL, BAND, "{up_to: 12000 元/年, gives: 15%}", "12000", ("单位是 元/次", "写成了 元/年")),
    Slip("an unknown operation", MEDICAL, "max(total_cost - paid_basic, 0)", "max(total_cost ** 2, 0)", "total_cost", ("只可用 + - * /",)),
    Slip("an unknown function", MEDICAL, "max(total_cost - paid_basic, 0)", "maxx(total_cost, 0)", "maxx", ("没有函数“maxx”", "是不是 max")),
    Slip("a fact outside the vocabulary", PENSION, TEST, "work_from == 'flexible'", "work_from", ("没有“work_from”这个名称", "是不是 work_form")),
    Slip("a figure in an expression", PENSION, TEST, "contribution_paid >= 500 元", "500", ("“500 元”带单位或百分号", "figures: {line: 500 元}")),
    Slip("a date in an expression", PENSION, TEST, "today >= 2024-10-11", "2024", ("日期“2024-10-11”不能写在表达式里", "from、until")),
    Slip("a quoted date in an expression", PENSION, TEST, "today >= '2024-10-11'", "today", ("日期“2024-10-11”不能写在表达式里",)),
    Slip("full-width brackets", PENSION, TEST, f"（{TEST}）", "（", ("全角符号",)),
    Slip("a Chinese connective", PENSION, TEST, f"{TEST} 且 no_lasting_labour_tie", "且", ("且写 and",)),
    Slip("one equals sign", PENSION, TEST, "work_form = 'flexible'", "=", ("相等要写两个等号",)),
    Slip("an unused figure", PENSION, "subsidy_months: 36 月}", "subsidy_months: 36 月, dead: 5 元}", "5 元", ("数值“dead”", "没有用到"), "warning"),
    Slip("an unused parameter", VALUES, "dibao_standard:", "dead_rate:\n  label: 无用 | Dead\n  values: 5%\ndibao_standard:", "label", ("参数“dead_rate”没有条目使用",), "warning"),
    Slip("a limit that names no figure", PENSION, "limits: [subsidy_months]", "limits: [subsidy_month]", "subsidy_month", ("没有叫“subsidy_month”的数值", "是不是 subsidy_months")),
    Slip("dates that overlap", VALUES, "values: missing", "values:\n    - {from: 2024-04, value: {urban: 500, rural: 400}}\n    - {from: 2023-04, value: {urban: 600, rural: 450}}", "{from: 2023", ("须由早到晚", "2023-04-01 不晚于上一行的 2024-04-01")),
    Slip("a code without a value", VALUES, "values: missing", "values:\n    - {from: 2024-04, value: {urban: 500}}", "{urban", ("缺代码：rural", "else")),
    Slip("a value outside its bounds", VALUES, "values: missing", "values:\n    - {from: 2024-04, value: {urban: 50000, rural: 400}}", "50000", ("超出 bounds 100..10000",)),
    Slip("a year left out of a series", VALUES, "values: missing", "series: year\n  values:\n    - {from: 2022-01-01, value: {urban: 500, rural: 400}}\n    - {from: 2024-01-01, value: {urban: 600, rural: 450}}", "series", ("之间缺 1 个年", "missing"), "warning"),
    Slip("an end before its beginning", PENSION, "payee: person_self\n", "payee: person_self\n    from: 2024-01-01\n    until: 2023-12-31\n", "2023-12-31", ("永远不会生效",)),
    Slip("a document that ends before it begins", "wuchang/document.yaml", "until: 2024-10-07", "until: 2020-10-07", "2020", ("早于 from（2021-10-08）",)),
    Slip("a day without a procedure", "cn/07-procedures.yaml", "until: 2021-06-30", "until: 2021-06-29", "", ("中间没有程序", "应自 2021-06-30 起")),
    Slip("a day with two procedures", "cn/07-procedures.yaml", "until: 2021-06-30", "until: 2021-07-01", "", ("日期重叠",)),
    Slip("bands that overlap", MEDICAL, BAND, "{up_to: 5000 元/次, gives: 15%}", "5000", ("须由小到大", "不大于上一档")),
    Slip("bands that end too soon", MEDICAL, ", {rest: 25%}", "", "", ("最后一档须为 rest",)),
    Slip("two sums and no word on stacking", RELIEF, "entries: [temporary_relief, dibao_payment]", "entries: [relief_target, dibao_payment]", "", ("“temporary_relief”与“dibao_payment”同一用途（living）", "请用一条 stacking 写明：together 可同享"), "warning"),
    Slip("a sequence that is none", MEDICAL, "max(after_insurance - bed_fee_reduction, 0) if aid_base == 'after_reduction' else after_insurance", "after_insurance", "", ("依次：“major_illness_aid”的金额须读到“bed_fee_reduction”",)),
    Slip("a product past int64", MEDICAL, "    unit: 元/次\n    bounds: 0..10000000\n    value: max(total_cost - paid_basic, 0)", "    value: flat(total_cost) * flat(total_cost) * flat(total_cost)", "flat", ("可能超出 64 位整数：total_cost × total_cost × total_cost", "bounds")),
    Slip("a decision by nobody", RELIEF, "decided_by: street", "decided_by: streets", "streets", ("没有单位担任这个角色", "是不是 street")),
    Slip("an office that there is not", PENSION, "office: 人社局\n", "office: 人社所\n", "人社所", ("不是本文件的单位", "是不是 人社局")),
    Slip("a step that is not reached", RELIEF, "outcomes: {eligible: publish,", "outcomes: {eligible: granted,", "", ("步骤“publish”到不了",)),
    Slip("a step that leads nowhere", RELIEF, "outcomes: {eligible: publish,", "outcomes: {eligible: publsh,", "publsh", ("“publsh”既不是步骤也不是结局",)),
    Slip("a fund that does not add up", RELIEF, "amount: 50 万元}", "amount: 40 万元}", "", ("合计与总额不等",)),
    Slip("a clause that nobody carries out", PENSION, "covers: [county-05b]", "covers: [county-05c]", "", ("条款“county-05b”", "没有条目")),
    Slip("a figure of the document that is nowhere", PENSION, "subsidy_months: 36 月", "subsidy_months: 24 月", "", ("条款“county-05a”的数字 3 年", "不在条目")),
    Slip("a tab", PENSION, "    payee: person_self", "\tpayee: person_self", "\tpayee", ("缩进只用空格",)),
)  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of a small policies folder."""
    root = tmp_path_factory.mktemp("policies")
    for name in ("vocabulary", "cn", "county", "wuchang"):
        shutil.copytree(POLICIES / name, root / name)
    return root


def found_in(root: Path, place: str) -> list[Fault]:
    """Return what ``bangfu check`` finds in one place."""
    pack, faults = read_pack(root, place)
    return check_pack(pack, root, TODAY, faults)


class Changed:
    """A file changed for a while."""

    def __init__(self, path: Path, old: str, new: str) -> None:
        self.path, self.kept = path, path.read_text(encoding="utf-8")
        assert old in self.kept, f"{path.name} has no {old!r} any more"
        self.start = self.kept.index(old)
        self.text = self.kept.replace(old, new, 1)

    def __enter__(self) -> Changed:
        self.path.write_text(self.text, encoding="utf-8")
        return self

    def __exit__(self, *error: object) -> None:
        self.path.write_text(self.kept, encoding="utf-8")

    def places_of(self, words: str, new: str) -> Iterator[tuple[int, int]]:
        """Yield line and column (from 1) of the words wherever they stand in what was written, else in the file."""
        start, end = (self.start, self.start + len(new) + 1) if words in new else (0, len(self.text))
        while (where := self.text.find(words, start, end)) >= 0:
            yield self.text.count("\n", 0, where) + 1, where - self.text.rfind("\n", 0, where)
            start = where + 1


@pytest.mark.parametrize("slip", SLIPS, ids=lambda slip: slip.name)
def test_each_fault_is_named_with_its_place_and_its_remedy(folder: Path, slip: Slip) -> None:
    """File, line and column of the slip, what is wrong, what to write; in both languages."""
    with Changed(folder / slip.file, slip.old, slip.new) as changed:
        found = [f for f in found_in(folder, slip.file.split("/")[0]) if all(words in f.zh for words in slip.said)]

    assert found, f"nothing said: {slip.name}"
    assert {f.level for f in found} == {slip.level}
    assert all(f.line > 0 and f.column > 0 and f.en and f.en != f.zh for f in found)
    if slip.at:
        assert (found[0].file, (found[0].line, found[0].column)) in [(slip.file, place) for place in changed.places_of(slip.at, slip.new)]


def test_the_copy_itself_has_no_fault(folder: Path) -> None:
    """Without a slip nothing is said beyond notices, so that each message above comes from its slip."""
    assert [f.text("zh") for place in ("cn", "county", "wuchang") for f in found_in(folder, place) if f.level != "notice"] == []


def test_all_faults_come_at_once(folder: Path) -> None:
    """Five slips in four files: one run names each of them once, and blames nothing that only follows from them."""
    with (
        Changed(folder / PENSION, TEST, "work_from == 'flexible'"),
        Changed(folder / MEDICAL, BAND, "{up_to: 5000 元/次, gives: 15%}"),
        Changed(folder / RELIEF, "decided_by: street", "decided_by: streets"),
        Changed(folder / VALUES, "values: missing", "values:\n    - {from: 2024-04, value: {urban: 500}}"),
        Changed(folder / "county/document.yaml", "{en: Street office, role: street}", "{role: street}"),
    ):
        found = [f for f in found_in(folder, "county") if f.level != "notice"]

    assert sorted(f.code for f in found) == ["BANDS", "EXPR-NAME", "OFFICE", "PARAM-CODE", "SHAPE"]


def test_what_the_place_owes_is_a_notice(folder: Path) -> None:
    """An open national term not filled and a document past its force are told, not blamed."""
    county = {(f.code, f.level) for f in found_in(folder, "county")}
    wuchang = [f for f in found_in(folder, "wuchang") if f.code == "LAPSED"]

    assert ("MISSING", "notice") in county
    assert ("NO-DATE", "notice") in county
    assert [(f.level, f.zh) for f in wuchang] == [("notice", "文件已于 2024-10-07 失效")]
    assert any(f.code == "OPEN-TERM" and "tekun_living_standard" in f.zh for f in found_in(folder, "county"))


def test_a_document_lapses_on_the_day_after_its_last(folder: Path) -> None:
    """On 2024-10-07 it is in force, on 2024-10-08 it is not."""
    pack, faults = read_pack(folder, "wuchang")

    said = {day: any(f.code == "LAPSED" for f in check_pack(pack, folder, day, faults)) for day in (dt.date(2024, 10, 7), dt.date(2024, 10, 8))}

    assert said == {dt.date(2024, 10, 7): False, dt.date(2024, 10, 8): True}
