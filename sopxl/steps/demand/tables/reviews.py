"""What the demand step tells: quality, segments, accuracy, value added, effects, and the records it keeps."""

from __future__ import annotations

from sopxl.schema import Column, Table

FORECAST_QUALITY = Table(
    "forecast_quality",
    "For every series: what kind of demand it is, which method forecasts it and how well that would have worked.",
    "reviews",
    (
        Column("item", "text", "Item."),
        Column("name", "text", "Name of the item."),
        Column("market", "text", "Planning market."),
        Column("demand_class", "text", "Smooth, erratic, intermittent or lumpy (Syntetos and Boylan), short or new."),
        Column("method", "text", "Forecasting method that was chosen."),
        Column("history_periods", "integer", "Periods from the first sale to the end of history.", unit="periods"),
        Column("mean_demand", "number", "Mean demand of the last year.", unit="units per {bucket}"),
        Column("level", "number", "Demand per period without season, at the end of history.",
               unit="units per {bucket}"),
        Column("trend", "number", "Change of that level from one period to the next.", unit="units per {bucket}"),
        Column("season_strength", "percent", "How far the season moves demand from its level, on average."),
        Column("weighted_error", "percent",
               "Backtest: absolute error as a share of demand (weighted MAPE); empty: history too short."),
        Column("scaled_error", "number", "Backtest: error against the seasonal naive forecast's (MASE).",
               unit="ratio"),
        Column("bias", "percent", "Backtest: forecast minus demand, as a share of demand."),
        Column("annual_value", "money", "Consensus value of the next twelve months or less.", unit="{currency}"),
    ),
    key=("item", "market"),
    owner="result",
)

SEGMENTS = Table(
    "segments",
    "Items by value (A, B, C) and by how well they can be forecast (X, Y, Z), and the policy that follows.",
    "reviews",
    (
        Column("item", "text", "Item."),
        Column("name", "text", "Name of the item."),
        Column("family", "text", "Family of the item."),
        Column("annual_value", "money", "Consensus value of the next year or less.", unit="{currency}"),
        Column("cumulative_share", "percent", "Share of all value, down to this item."),
        Column("abc", "text", "A: up to 80 % of the value, B: up to 95 %, C: the rest."),
        Column("forecast_error", "percent", "Backtest: absolute error of the item in all markets, in demand."),
        Column("deviation", "number", "Backtest: standard deviation of that error, for safety stock.",
               unit="units per {bucket}"),
        Column("xyz", "text", "X: error up to 20 %, Y: up to 50 %, Z: more, or history too short to tell."),
        Column("demand_class", "text", "Smooth, erratic, intermittent or lumpy; short or new."),
        Column("forecast_policy", "text", "Automatic, review or simple (segment policies)."),
        Column("service_level", "percent", "Service level for its safety stock (segment policies)."),
        Column("stock_rule", "text", "What its stock policy should be."),
    ),
    key=("item",),
    owner="result",
)

HISTORY_CORRECTIONS = Table(
    "history_corrections",
    "Proposals to clean the history: accept or refuse each, or enter the value to use. Sales history stays as it is.",
    "reviews",
    (
        Column("item", "text", "Item."),
        Column("name", "text", "Name of the item."),
        Column("market", "text", "Planning market."),
        Column("period", "period", "Period."),
        Column("reason", "text", "Outlier, stock-out or calendar (working days); by hand: added by a planner."),
        Column("sold", "number", "What was sold.", unit="units"),
        Column("proposed", "number", "What it would have been.", unit="units"),
        Column("money", "money", "Difference at net price.", unit="{currency}"),
        Column("explanation", "text", "Why it is proposed."),
        Column("decision", "text", "Accept or refuse; empty: not decided yet (setting 'Corrections').",
               choices=("accept", "refuse"), by_hand=True),
        Column("own_value", "number", "Value to use instead of the proposal.", unit="units", minimum=0, by_hand=True),
        Column("used", "number", "What the forecast is made from.", unit="units"),
    ),
    key=("item", "market", "period", "reason"),
    owner="result",
)

FORECAST_ACCURACY = Table(
    "forecast_accuracy",
    "How far earlier plans were off, by level and by how long before they were made: what needs attention first, then "
    "the dearest. Items (with and without market): the 200 dearest, baseline and consensus of the plan's first period.",
    "reviews",
    (
        Column("level", "text", "Total, family, market, item, or item and market."),
        Column("item", "text", "Item; empty: all."),
        Column("family", "text", "Family; empty: all."),
        Column("market", "text", "Planning market; empty: all."),
        Column("stage", "text", "Naive, baseline, sales, marketing, finance (what stood after each) or "
               "consensus."),
        Column("lag", "integer", "Periods from the plan to the demand: 1 is the plan's first period.", unit="periods"),
        Column("points", "integer", "Forecasts that have been compared with sales."),
        Column("demand", "number", "What was sold.", unit="units"),
        Column("weighted_mape", "percent", "Absolute error as a share of demand."),
        Column("mape", "percent", "Mean absolute percentage error of the periods with demand."),
        Column("mase", "number", "Absolute error against that of the seasonal naive forecast.", unit="ratio"),
        Column("rmsse", "number", "Root mean squared error against that of the naive forecast.", unit="ratio"),
        Column("bias", "percent", "Forecast minus demand, as a share of demand."),
        Column("tracking_signal", "number", "Sum of the errors over their mean absolute size; beyond 4: biased.",
               unit="ratio"),
        Column("money_error", "money", "Absolute error at net price.", unit="{currency}"),
        Column("attention", "text", "What to look at."),
    ),
    key=("level", "item", "family", "market", "stage", "lag"),
    owner="result",
)

FORECAST_VALUE_ADDED = Table(
    "forecast_value_added",
    "Whether each step and each person made the forecast better than what it replaced.",
    "reviews",
    (
        Column("stage", "text", "Baseline (against naive), sales, marketing, finance, rule (the consensus rule) or "
               "planner (the override)."),
        Column("author", "text", "Who; empty: all of the stage."),
        Column("changes", "integer", "Forecasts that were changed and can be compared with sales."),
        Column("improved", "percent", "Share of the changes that came nearer to demand."),
        Column("error_before", "percent", "Absolute error before the change, as a share of demand."),
        Column("error_after", "percent", "Absolute error after it."),
        Column("value_added", "percent", "Error before less error after: above 0 the change helped."),
        Column("lean", "percent", "Sum of the changed forecasts minus demand, as a share of demand: above 0 too high."),
        Column("small_changes", "integer", "Changes of less than a tenth."),
        Column("small_improved", "percent", "Share of the small changes that helped."),
        Column("money", "money", "Absolute error saved at net price.", unit="{currency}"),
        Column("trust", "percent", "Weight that the record earns, the baseline's being 1 (rule 'track record')."),
        Column("verdict", "text", "What the record says."),
    ),
    key=("stage", "author"),
    owner="result",
)

DRIVER_EFFECTS = Table(
    "driver_effects",
    "What each driver does to demand, in units and money.",
    "reviews",
    (
        Column("item", "text", "Item."),
        Column("name", "text", "Name of the item."),
        Column("market", "text", "Planning market."),
        Column("driver", "text", "Price, promotion kind, event or other driver."),
        Column("effect", "percent", "Change of demand when the driver is on; of prices, discounts, working days "
               "and what is measured above 0: when it rises by 1 % (the elasticity); of others: by one unit."),
        Column("low", "percent", "Effect, lower end of the 80 % interval."),
        Column("high", "percent", "Effect, upper end of the 80 % interval."),
        Column("certainty", "percent", "How sure it is that there is an effect in this direction."),
        Column("units", "number", "What it does to the plan's demand over the horizon.", unit="units"),
        Column("money", "money", "The same at net price.", unit="{currency}"),
        Column("explanation", "text", "The effect in words."),
    ),
    key=("item", "market", "driver"),
    owner="result",
)

PROMOTION_EFFECTS = Table(
    "promotion_effects",
    "What each promotion brought or will bring: uplift, the dip after it, what it takes from other items, its worth.",
    "reviews",
    (
        Column("promotion", "text", "Promotion."),
        Column("kind", "text", "Kind of promotion."),
        Column("status", "text", "Past or planned."),
        Column("from_period", "period", "First period."),
        Column("base_units", "number", "Demand without it.", unit="units"),
        Column("uplift_units", "number", "More in its periods.", unit="units"),
        Column("dip_units", "number", "Less in the periods after it.", unit="units"),
        Column("cannibalised_units", "number", "Taken from other items of the family.", unit="units"),
        Column("net_units", "number", "What remains.", unit="units"),
        Column("revenue", "money", "Net units at their prices, less the discount given.", unit="{currency}"),
        Column("margin", "money", "Revenue less standard cost.", unit="{currency}"),
        Column("cost", "money", "Fixed cost of the promotion.", unit="{currency}"),
        Column("worth", "money", "Margin less cost: what the promotion is worth.", unit="{currency}"),
        Column("certainty", "percent", "How sure it is that it adds demand at all."),
        Column("explanation", "text", "The promotion in words."),
    ),
    key=("promotion",),
    owner="result",
)

SENSING_GAINS = Table(
    "sensing_gains",
    "Whether the latest sales and orders would have made the forecast better, by periods ahead.",
    "reviews",
    (
        Column("source", "text", "Recent sales, orders in hand or the last periods' errors."),
        Column("ahead", "integer", "Periods ahead: 1 is the running or next one.", unit="periods"),
        Column("points", "integer", "Forecasts of past periods that were compared."),
        Column("error_before", "percent", "Absolute error without sensing, as a share of demand."),
        Column("error_after", "percent", "Absolute error with it."),
        Column("gain", "percent", "Error before less error after."),
        Column("strength", "percent", "Share of the observed deviation that is carried into the forecast."),
        Column("used", "flag", "Whether it corrects the forecast now."),
        Column("explanation", "text", "What this means."),
    ),
    key=("source", "ahead"),
    owner="result",
)

FORECAST_CANDIDATES = Table(
    "forecast_candidates",
    "Why this forecast: the methods tried for each series, their backtest errors and their share in the forecast.",
    "system",
    (
        Column("item", "text", "Item."),
        Column("market", "text", "Planning market."),
        Column("rank", "integer", "1 has the largest share in the forecast; methods without a share follow by "
               "their error."),
        Column("candidate", "text", "Method tried."),
        Column("error", "percent", "Backtest: mean absolute error (intermittent demand: root mean squared) as a "
               "share of the last year's mean demand."),
        Column("weight", "percent", "Share of this method in the forecast."),
    ),
    key=("item", "market", "rank"),
    owner="result",
)

HISTORY_USED = Table(
    "history_used",
    "The history of each series as it was sold and as the forecast uses it, with what the backtest would have said.",
    "system",
    (
        Column("item", "text", "Item."),
        Column("market", "text", "Planning market."),
        Column("period", "period", "Period."),
        Column("sold", "number", "What was sold.", unit="units"),
        Column("used", "number", "What the forecast is made from: accepted corrections, without promotions and "
               "other drivers.", unit="units"),
        Column("backtest", "number", "What would have been forecast from an earlier origin.", unit="units"),
    ),
    key=("item", "market", "period"),
    owner="result",
)

MOST_LAGS = 13
"""Periods of a plan that a snapshot has room for: a quarter in weeks, a year and a period in months."""

DEMAND_SNAPSHOTS = Table(
    "demand_snapshots",
    "What earlier plans expected, kept to measure them: the baseline always, other stages where they changed it.",
    "system",
    (
        Column("cycle", "period", "First period of the plan."),
        Column("item", "text", "Item."),
        Column("market", "text", "Planning market."),
        Column("stage", "text", "Baseline, sales, marketing, finance, rule (what the consensus rule made of them) or "
               "planner (the override); orders: what customers had ordered."),
        Column("author", "text", "Who entered it, where it came from the overrides."),
        *(Column(f"lag_{lag}", "number", f"What was expected for period {lag} of the plan; empty: as the stage "
                 "before.", unit="units") for lag in range(1, MOST_LAGS + 1)),
    ),
    key=("cycle", "item", "market", "stage", "author"),
    owner="result",
)

REVIEW_TABLES: tuple[Table, ...] = (
    FORECAST_QUALITY, SEGMENTS, HISTORY_CORRECTIONS, FORECAST_ACCURACY, FORECAST_VALUE_ADDED, DRIVER_EFFECTS,
    PROMOTION_EFFECTS, SENSING_GAINS, FORECAST_CANDIDATES, HISTORY_USED, DEMAND_SNAPSHOTS,
)
