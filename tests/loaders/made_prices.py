"""Providers and models of a price library, made by hand."""

from decimal import Decimal

from genai_prices.types import ClauseEquals, ModelInfo, ModelPrice, Provider


def prices(**named):
    return ModelPrice(**{key: Decimal(str(price)) for key, price in named.items()})


def model(name, priced, variants=None, match=None):
    return ModelInfo(
        id=name,
        match=match or ClauseEquals(equals=name),
        prices=priced,
        price_variants=variants,
    )


def provider(*models, name="acme"):
    return Provider(id=name, name=name, api_pattern="", models=list(models))
