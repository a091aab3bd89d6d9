"""Goods against money: tariffs, duties, quotas, revenue."""
