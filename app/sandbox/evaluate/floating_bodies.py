"""The bodies of floating prices, of the models that the sandbox knows."""

from decimal import Decimal
from typing import Any, Literal

import msgspec


class Floating(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What every floating price has; what an invoice needs beyond that is taken and has no effect here."""

    name: str
    item_id: str
    cadence: Literal["one_time", "monthly", "quarterly", "semi_annual", "annual", "custom"]
    currency: str
    model_type: str
    billable_metric_id: str | None = None
    fixed_price_quantity: Decimal | None = None
    external_price_id: str | None = None
    billed_in_advance: bool | None = None
    billing_cycle_configuration: dict[str, Any] | None = None
    conversion_rate: Decimal | None = None
    conversion_rate_config: dict[str, Any] | None = None
    dimensional_price_configuration: None = None
    invoice_grouping_key: str | None = None
    invoicing_cycle_configuration: dict[str, Any] | None = None
    license_type_id: str | None = None
    metadata: dict[str, str | None] | None = None


class _Config(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    prorated: bool = False


class UnitConfig(_Config):
    unit_amount: str
    scaling_factor: Decimal | None = None


class PackageConfig(_Config):
    package_amount: str
    package_size: int


class TierConfig(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    first_unit: Decimal
    unit_amount: str
    last_unit: Decimal | None = None


class TieredConfig(_Config):
    tiers: list[TierConfig]


class BulkTierConfig(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    unit_amount: str
    maximum_units: Decimal | None = None


class BulkConfig(_Config):
    tiers: list[BulkTierConfig]


class CellConfig(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    dimension_values: list[str]
    unit_amount: str
    scaling_factor: Decimal | None = None


class MatrixConfig(_Config):
    dimensions: list[str]
    default_unit_amount: str
    matrix_values: list[CellConfig]
    scaling_factor: Decimal | None = None


class PercentConfig(_Config):
    percent: Decimal


class FloatingUnitPrice(Floating):
    unit_config: UnitConfig


class FloatingPackagePrice(Floating):
    package_config: PackageConfig


class FloatingTieredPrice(Floating):
    tiered_config: TieredConfig


class FloatingBulkPrice(Floating):
    bulk_config: BulkConfig


class FloatingMatrixPrice(Floating):
    matrix_config: MatrixConfig


class FloatingPercentPrice(Floating):
    percent_config: PercentConfig


class ModelType(msgspec.Struct):
    model_type: str
