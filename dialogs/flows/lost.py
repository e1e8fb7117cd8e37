"""«Не помню», «квитанцию потеряла»: where what we ask for can be found. No I/O."""

import re

NUMBER_HELP = (
    "Ничего страшного. Номер лицевого счёта напечатан вверху квитанции, ещё он есть в личном "
    "кабинете и в чеке об оплате. Найдёте — напишите его сюда."
)
WITHOUT_NUMBER = " Не найдёте — позову оператора."
ADDRESS_INSTEAD = (
    " Или найду счёт по адресу: напишите улицу, дом, квартиру и имя с фамилией владельца."
)
NAME_HELP = (
    "Владелец указан в квитанции, рядом с номером счёта {number} и адресом. Напишите его фамилию, "
    "а если узнать не получится, позову оператора."
)
_LOST = re.compile(
    r"\bне\s+(?:помн\w+|зна\w+|наш[её]?л\w*|наход\w+|могу\s+найти)|\b(?:забыл|потерял)\w*"
    r"|\bнет\s+(?:под\s+рук\w+|с\s+собой|квитанц\w+|номера|е[её]|его)\b|\bпонятия\b"
    r"|\bоткуда\s+(?:я|мне)\b|\b(?:его|номера|квитанции)\s+нет\b"
    r"|\bгде\s+(?:его|он|она|это|е[её])\b|^\W*нету?\W*$",
    re.IGNORECASE,
)
_LOST_WORDS = 8
_REFUSES = re.compile(
    r"\W*(?:(?:нет|ничего|я)\W+){0,2}не\s+(?:хочу|буду|скажу|дам|стану|назову)\b[^?]{0,40}",
    re.IGNORECASE,
)


def is_lost(text: str) -> bool:
    """«Не помню», «квитанцию потеряла»: an answer to our question, but not what it asks for."""
    return len(text.split()) <= _LOST_WORDS and _LOST.search(text) is not None


def refuses(text: str) -> bool:
    """«Не скажу», «не хочу называть номер»: he wants none of it."""
    return _REFUSES.fullmatch(text) is not None
