"""How the documentation is built: ``nox -s docs``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from sphinx.ext.napoleon import Config, GoogleDocstring

import modelfetch

if TYPE_CHECKING:
    from docutils.nodes import Element, reference
    from sphinx.addnodes import pending_xref
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

project = "modelfetch"
author = "modelfetch contributors"
copyright = "modelfetch contributors"  # noqa: A001 - Sphinx's name
version = release = modelfetch.__version__

sys.path.append(str(Path(__file__).parent / "extensions"))
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.doctest", "transfer_states"]
exclude_patterns = ["_build"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
html_theme = "furo"
html_title = f"modelfetch {release}"

autodoc_default_options = {"member-order": "bysource"}
autodoc_typehints_format = "short"
doctest_global_setup = "import modelfetch as mf"
NAPOLEON = Config(napoleon_use_ivar=True)

# The pages build without a network, so names of other projects are shown and not linked.
STANDARD_LIBRARY = "|".join(sorted(sys.stdlib_module_names))
nitpick_ignore_regex = [
    (r"py:.*", rf"({STANDARD_LIBRARY})(\..*)?"),
    (r"py:.*", r"(asyncio|pytest|rich|tqdm)(\..*)?"),
    # Imported for type checkers alone, so Sphinx sees them without their module.
    (r"py:.*", r"(AsyncIterator|Callable|Console|Generator|Iterable|Iterator|Mapping|Path|PathLike|Sequence|Unpack)"),
    (r"py:.*", r"(Download|Plan)Keywords"),  # the reader is told: as for plan_download
]


def link_by_last_name(app: Sphinx, env: BuildEnvironment, node: pending_xref, contnode: Element) -> reference | None:
    """Link ``modelfetch.core.planning.plan.DownloadPlan``, or ``DownloadPlan`` alone, to where the reference describes it."""
    name = node.get("reftarget", "").rpartition(".")[2]
    domain = env.domains.python_domain
    known = [target for target in domain.objects if target.rpartition(".")[2] == name]
    if node.get("refdomain") != "py" or len(known) != 1:
        return None
    return domain.resolve_xref(env, node["refdoc"], app.builder, "obj", known[0], node, contnode)


def read_sections(app: Sphinx, what: str, name: str, obj: object, options: object, lines: list[str]) -> None:  # noqa: PLR0913, PLR0917 - Sphinx's event
    """Google sections, but not in attributes: there napoleon takes all up to the first colon for a type."""
    if what not in {"attribute", "data", "property"}:
        lines[:] = GoogleDocstring(lines, NAPOLEON, app, what, name, obj, options).lines()


def setup(app: Sphinx) -> None:
    """Called by Sphinx."""
    app.connect("missing-reference", link_by_last_name)
    app.connect("autodoc-process-docstring", read_sections)
