"""The profile's part about money: how one pays, to which bank account, the penalty's rate."""

from pydantic import BaseModel, ConfigDict, Field

from billing.payments.qr import Requisites


class Payments(BaseModel):
    """``link``: where one pays, with ``{account}`` and ``{roubles}`` in it. ``credit_days``: in
    how many working days a payment is seen. ``largest``: roubles that are taken for a sum."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    without_fee: tuple[str, ...] = ()
    link: str = Field("", pattern=r"^(https://[^\s]+)?$")
    credit_days: int = Field(3, ge=1, le=30)
    largest: int = Field(100_000, ge=1)
    pay_day: int = Field(15, ge=1, le=28)


class BankAccount(BaseModel):
    """Where money is paid to. Sizes: ГОСТ Р 56042-2014, table 1; ИНН and КПП of an organisation."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1, max_length=160)
    account: str = Field(pattern=r"^\d{20}$")
    bank: str = Field(min_length=1, max_length=45)
    bic: str = Field(pattern=r"^\d{9}$")
    corr_account: str = Field(pattern=r"^(\d{20}|0)$")
    inn: str = Field(pattern=r"^\d{10}$")
    kpp: str = Field(pattern=r"^\d{9}$")

    def requisites(self) -> Requisites:
        return Requisites(**self.model_dump())
