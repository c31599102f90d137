"""A reader corrects the mask, saves a version, takes over the draft and signs."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.conftest import PASSWORD, Portal, open_report


def stroke(page: Page) -> None:
    """Paint a short line to the left of the middle of the image."""
    canvas = page.locator("#viewer-canvas")
    canvas.evaluate("canvas => canvas.scrollIntoView({ block: 'center' })")
    box = canvas.bounding_box()
    assert box
    x, y = box["x"] + 0.55 * box["width"], box["y"] + 0.45 * box["height"]
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 40, y + 10, steps=5)
    page.mouse.up()


def test_a_corrected_mask_becomes_a_signed_version(
    portal: Portal, page_of: Callable[..., Page]
) -> None:
    page = open_report(page_of(), portal)
    # The line may lie inside the liver: the painted segment changes, the whole need not.
    painted = page.locator("#segments tr[data-region=segment_3] td").first
    before = painted.inner_text()
    page.click("#edit-start")
    page.select_option("#edit-label", "3")
    status = page.locator("#edit-status")
    stroke(page)
    expect(status).to_contain_text("voxels differ from the model's mask")
    expect(painted).not_to_have_text(before, use_inner_text=True)
    page.locator("h1").click()
    page.keyboard.press("Control+z")
    expect(status).to_contain_text("0 voxels differ")
    expect(painted).to_have_text(before, use_inner_text=True)
    stroke(page)
    expect(status).not_to_contain_text("0 voxels differ from the model's mask, Dice 1.000")
    page.fill("#edit-reason", "left lobe was cut off")
    page.get_by_role("button", name="Save as new version").click()
    expect(page.locator(".notice").first).to_contain_text("left lobe was cut off")

    page.get_by_role("button", name="Take over as my impression").click()
    page.fill("#sign-password", "not my password at all")
    page.get_by_role("button", name="Sign", exact=True).click()
    expect(page.get_by_role("status").first).to_contain_text("password is not right")
    page.fill("#sign-password", PASSWORD)
    page.get_by_role("button", name="Sign", exact=True).click()
    expect(page.locator("#sign-off")).to_contain_text("Signed electronically by Reader")
    expect(page.locator("#impression")).to_have_count(0)
    page.get_by_role("link", name="Version 1").click()
    expect(painted).to_have_text(before, use_inner_text=True)


def test_an_uploader_cannot_correct_or_sign(portal: Portal, page_of: Callable[..., Page]) -> None:
    page = open_report(page_of("uploader"), portal)
    expect(page.locator("#edit-start")).to_have_count(0)
    expect(page.locator("#sign-password")).to_have_count(0)
    expect(page.locator("#impression")).to_have_count(0)
