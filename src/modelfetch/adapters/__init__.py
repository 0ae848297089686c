"""Adapters: each touches one part of the world, holds no policy and knows no other adapter."""
