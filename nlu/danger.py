"""Danger to life: recognised before everything, rather ten times too often than once too seldom."""

import re
from collections.abc import Callable
from typing import Final

# A message is about danger from this probability on. Chosen on phrases held back from training:
# 99.1 % of the dangers were recognised, with 1.3 % false alarms; docs/understanding.md has the
# whole row of thresholds.
THRESHOLD: Final = 0.07
# A clear description lowers it to this: the classifier need not be alarmed, only not opposed.
DESCRIBED_THRESHOLD: Final = 0.005
# Below this the n-grams alone see nothing dangerous, and a second look is not needed for its sake.
NO_HINT: Final = 0.002
# An alarm is never reported with less, so that no later threshold drops it.
LEAST_CONFIDENCE: Final = 0.6

_WIRE: Final = r"(?:провод\w{0,3}|кабел\w*|лини\w*|троса?|лэп|сип)"
_PLACE: Final = (
    r"(?:(?:электро)?щит\w*|шкаф\w*|столб\w*|опор\w*|трансформатор\w*|подстанци\w*|тп|ктп|будк\w*)"
)
_APPLIANCE: Final = (
    r"(?:(?:электро)?щит\w*|шкаф\w*|столб\w*|опор\w*|трансформатор\w*|подстанци\w*|розетк\w*|проводк\w*|"
    r"провод\w{0,3}|счетчик\w*|автомат\w*|выключател\w*|кабел\w*|изолятор\w*|будк\w*|холодильник\w*|"
    r"телевизор\w*|удлинител\w*|стабилизатор\w*|(?:электро)?счетчик\w*|вилк\w*)"
)
_GAP: Final = r"(?:\W+\w+){0,4}?\W+"
_FALLEN: Final = (
    r"(?:упал\w*|оборв\w+|порва\w+|обрыв\w*|лежит|лежат|валя\w+|свис\w+|висит|висят|провис\w+|болта\w+|"
    r"оголен\w*|оголил\w*|торч\w+|на\s+земле|сорва\w+|отвалил\w*|в\s+луж\w+|дотян\w+)"
)
_BURNING: Final = (
    r"(?:дым\w*|горит|горят|загор\w+|полыха\w*|тле\w+|оплав\w+|плавит\w*|плавят\w*|искр\w+|"
    r"воспламен\w+|взорвал\w*|задым\w+|огонь|огня|пламя|вспыш\w+|раскал\w+|дуга|треск|трещ\w+|"
    r"потрескива\w+|обгор\w+|чернеет|обугл\w+|почернел\w*|вспыхнул\w*)"
)


def _near(left: str, right: str) -> str:
    return rf"(?<!\w){left}{_GAP}{right}|(?<!\w){right}{_GAP}{left}"


_PATTERNS: Final = tuple(
    re.compile(pattern)
    for pattern in (
        _near(_WIRE, _FALLEN),
        _near(_APPLIANCE, _BURNING),
        r"(?<!\w)(?:за)?искр(?:ит|ят|ил[оаи]?|ы|яще\w*)(?!\w)",
        r"(?:уда[рн]\w+|бь[её]?т|бьёт\w*|дерга\w+|шиба\w+|долбану\w+|дол?би[лт]\w*|щипл\w+|щипа\w+|тряхну\w+|"
        r"шарахн\w+|стукну\w+|поразил\w*|треснул\w*|трясет|прошиб\w+|шандарахн\w+|куса\w+|убил\w*|дернул\w*)\s+(?:\w+\s+){0,2}?током",
        r"(?:током|электричеством)\s+(?:\w+\s+){0,2}?(?:уда[рн]\w+|бь[её]?т|дерга\w+|шиба\w+|долбану\w+|щип\w+|"
        r"тряхну\w+|шарахн\w+|стукну\w+|убил\w*|поразил\w*|трясет|прошиб\w+)",
        r"удар\w*\s+током|под\s+напряжением\s+(?:корпус|забор|труб|батаре|кран|стен)",
        r"(?:корпус|забор|труб|батаре|кран|стен)\w*\s+(?:\w+\s+){0,2}под\s+(?:напряжени|током)",
        r"(?:пахн\w+|запах\w*|воня\w+|вонь|несет|тянет)\s+(?:\w+\s+){0,3}?(?:гар[ьи]ю?|горел\w*|пален\w*|жжен\w*|"
        r"дым\w*|плавлен\w*|проводк\w*|изоляци\w*|пластмасс\w*|пластик\w*|резин\w*|тухл\w+\s+рыб\w+)",
        r"(?:горел\w*|пален\w*|жжен\w*|гарью|дымом)\s+(?:\w+\s+){0,2}?(?:пахн\w+|воня\w+|несет|тянет)",
        r"(?<!\w)(?:горим|угроз\w+\s+жизни|опасност\w+\s+поражения|пожар(?:а|е|ом)?|замыкание|возгорани\w*|короткое\s+замыкание|замкнул[ао]?|коротит|коротнул\w*)(?!\w)",
        rf"{_PLACE}\s+(?:\w+\s+){{0,4}}?(?:открыт\w*|нараспашку|без\s+(?:замка|дверц\w+|крышки)|вскрыт\w*|"
        r"залил\w*|залива\w+|затоп\w*|течет|льет\w*|капает|вода|мокр\w+|нет\s+замка|не\s+запер\w+|гудит\s+и)",
        rf"(?:открыт\w*|распахнут\w*|вскрыт\w*|незаперт\w*|затоп\w*|залит\w*|залил\w*|залива\w+)\s+(?:\w+\s+){{0,3}}?{_PLACE}",
        rf"(?:вода|льет|течет|капает|хлещет)\s+(?:\w+\s+){{0,5}}?(?:в|на|из|по|прямо\s+на)\s+(?:\w+\s+){{0,2}}?{_APPLIANCE}",
        r"(?:мчс|пожарн\w+|спасател\w+)\s+(?:\w+\s+){0,4}?(?:снять|сними\w*|отключ\w+|обесточ\w+)",
        r"(?:столб|опор)\w*\s+(?:\w+\s+){0,3}?(?:упал\w*|накрен\w+|падает|рухнул\w*|вот-вот|завалил\w*|сбит\w*|наклон\w+|покосил\w*)",
        r"(?:упал\w*|накрен\w+|рухнул\w*|сбил\w*|завалил\w*)\s+(?:\w+\s+){0,3}?(?:столб|опор)",
        r"(?:дерев\w+|ветк\w+|сук)\s+(?:\w+\s+){0,3}?на\s+(?:\w+\s+){0,1}?(?:провод|лини)",
        r"(?:дет[ией]\w*|ребен\w+|мальчишк\w+|подростк\w+|пацан\w*)\s+(?:\w+\s+){0,6}?(?:щит\w*|подстанц\w+|трансформатор\w*|провод\w*|опор\w*|столб\w*)(?!\w)",
    )
)
_HARMLESS: Final = re.compile(
    r"(?:горит|горят|мига\w+)\s+(?:\w+\s+){0,3}?(?:ламп\w*|индикатор\w*|огон\w+|красн\w*|зелен\w*|светодиод\w*|диод\w*|кнопк\w*|надпис\w*)"
    r"|(?:ламп\w*|индикатор\w*|огон\w+|светодиод\w*|диод\w*|свет|фонар\w*)\s+(?:\w+\s+){0,2}?(?:не\s+)?(?:горит|горят)"
)


def confidence(probability: float, *, described: Callable[[], bool]) -> float:
    """How sure an alarm is, given the classifier's probability of ``danger``; 0 for no alarm.

    ``described`` is asked only where it decides.
    """
    if probability < DESCRIBED_THRESHOLD:
        return 0.0
    if probability >= THRESHOLD or described():
        return max(probability, LEAST_CONFIDENCE)
    return 0.0


def is_described(text: str) -> bool:
    """Whether a normalised text clearly describes a danger («провод лежит на земле»)."""
    harmless = _HARMLESS.sub(" ", text)
    return any(pattern.search(harmless) for pattern in _PATTERNS)
