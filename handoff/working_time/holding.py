"""Lines that hold the customer on without answering him: «минуту, уточняю», a bare greeting."""

import re

LONGEST = 120

_WORDS = re.compile(r"[а-яa-z]+")
# What such lines are made of; anything else in a line makes it an answer.
_GREETING = (
    "здравствуйте здравствуй добрый доброе доброго день дня утро утра вечер вечера приветствую "
    "меня зовут оператор слушаю рад рада помочь чем могу буду сейчас приветствует приветствуем "
    "помогу поможем постараюсь помочь связи специалист сотрудник благодарю благодарим обратились"
)
_WAITING = (
    "минуту минутку минуточку минутка секунду секундочку момент подождите ожидайте дождитесь "
    "уточняю уточню уточним проверяю проверю проверим смотрю посмотрю посмотрим выясняю узнаю "
    "разбираюсь разберусь изучаю читаю вернусь вам вас вы я мы у и а на в с это все всё ваш вашу "
    "ваше вопрос обращение информацию информация данные одну один пожалуйста пару минут спасибо "
    "за ожидание понял поняла принял приняла хорошо ок ага да уже скоро сразу отвечу напишу как "
    "только пока немного чуть позже"
)
# Whom it greets: «Здравствуйте, Иван Петрович!».
_ADDRESSED = re.compile(
    r"\b(?i:здравствуйте|добрый (?:день|вечер)|доброе утро|доброго дня|приветствую),? "
    r"(?:[А-ЯЁ][а-яё-]+ ?){1,3}(?=[!.,…]|$)"
)
_HOLDING = frozenset(f"{_GREETING} {_WAITING}".split())


def is_holding(text: str, name: str) -> bool:
    """Whether ``text`` of the operator ``name`` only greets or asks to wait: no answer yet."""
    if len(text) > LONGEST or any(character.isdigit() for character in text):
        return False
    words = _WORDS.findall(_ADDRESSED.sub("", text).casefold())
    own = set(_WORDS.findall(name.casefold()))
    return all(word in _HOLDING or word in own for word in words)
