"""The console, in a real browser. Without Chromium and its driver only the files are looked at."""

import os
import shutil

import pytest
from conftest import image_of
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")


@pytest.fixture
def rig(start):
    return start("--transitions", "instant")


@pytest.fixture(scope="module")
def chromium():
    if CHROMIUM is None or DRIVER is None:
        pytest.skip("needs chromium and chromedriver")
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    for argument in ["--headless=new", "--disable-gpu", "--disable-dev-shm-usage", "--window-size=1300,1100"]:
        options.add_argument(argument)
    if os.geteuid() == 0:
        options.add_argument("--no-sandbox")
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    yield driver
    driver.quit()


class Page:
    """The console of a rig as somebody sees it."""

    def __init__(self, driver, rig):
        self.driver = driver
        driver.get(f"{rig.endpoint}/_ironbird/console")

    def until(self, look):
        """What `look` gives once it gives something."""
        return WebDriverWait(self.driver, 20, 0.05, ignored_exceptions=(Exception,)).until(lambda _: look())

    def one(self, selector):
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def text(self, selector):
        return self.one(selector).text

    def says(self, selector, words):
        self.until(lambda: words in self.text(selector))

    def rows(self):
        """The events on the page."""
        return [row.text for row in self.all("#events tbody tr:not(.text)")]

    def complaints(self):
        """What the browser wrote to its console."""
        return self.driver.get_log("browser")


@pytest.fixture
def page(chromium, rig):
    page = Page(chromium, rig)
    page.until(lambda: page.text("#status") == "Live")
    page.driver.execute_script("localStorage.clear()")
    page.complaints()
    yield page
    page.driver.get("about:blank")


def run(rig, count=1, **more):
    ec2 = rig.client("ec2")
    made = ec2.run_instances(ImageId=image_of(ec2), InstanceType="m5.large", MinCount=count, MaxCount=count,
                             Placement={"AvailabilityZone": "us-east-1a"}, **more)
    return [instance["InstanceId"] for instance in made["Instances"]]


@pytest.mark.parametrize(("file", "kind"), [
    ("", "text/html; charset=utf-8"), ("/", "text/html; charset=utf-8"), ("/style.css", "text/css; charset=utf-8"),
    ("/main.js", "text/javascript; charset=utf-8"), ("/icon.svg", "image/svg+xml"),
])
def test_files_come_with_their_type_and_a_policy(shared, file, kind):
    reply = shared.own("GET", f"console{file}")
    assert (reply.status, reply.headers["content-type"]) == (200, kind)
    assert reply.headers["x-content-type-options"] == "nosniff"
    policy = reply.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self';") and "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy


def test_what_is_not_of_the_console_is_not_found(shared):
    for method, path in [("GET", "console/none.js"), ("GET", "console/../own/mod.rs"), ("POST", "console")]:
        reply = shared.own(method, path)
        assert (reply.status, reply.code) == (404, "NotFound")


def test_the_greeting_of_a_rig_names_it(rig):
    assert rig.process.stdout.readline().startswith("point AWS tools at it")
    assert rig.process.stdout.readline() == f"watch it in a browser at: {rig.endpoint}/_ironbird/console\n"


def test_an_empty_world_says_how_to_begin(page, rig):
    page.says("#empty", "Nothing has happened yet")
    assert f"ironbird env --endpoint {rig.endpoint}" in page.text("#first")
    assert not page.one("#world").is_displayed()


def test_what_happens_is_shown_as_it_happens(page, rig):
    page.says("#empty", "Nothing has happened yet")
    [instance] = run(rig)
    page.until(lambda: any(instance in row and "running" in row for row in page.rows()))
    page.says("#pools", "m5.large")
    page.until(lambda: page.one("#world").is_displayed())
    assert not page.one("#empty").is_displayed()
    rig.advance(3600)
    page.says("#costs", "On-Demand Instances")
    page.says("#costs", "$0.10/h")
    rig.client("ec2").terminate_instances(InstanceIds=[instance])
    page.until(lambda: any(instance in row and "terminated" in row for row in page.rows()))
    assert page.complaints() == []


def test_a_pool_that_runs_dry_is_seen(page, rig):
    run(rig)
    page.says("#figures", "0 of 1")
    assert rig.own("PUT", "capacity", {"zone": "us-east-1a", "instance_type": "m5.large", "free": 0}).status == 200
    page.says("#pools .figure", "dry")
    page.until(lambda: page.all("#pools path.dry"))
    page.says("#figures", "1 of 1")
    label = page.one("#pools svg").get_attribute("aria-label")
    assert label == "m5.large in us-east-1a: 1 of 1 in use, 0 free"


def test_the_clock_is_moved_by_a_button(page, rig):
    run(rig)
    page.until(lambda: page.one("#world").is_displayed())
    before = page.one("#now").get_attribute("datetime")
    page.one("[data-advance='86400']").click()
    page.until(lambda: page.one("#now").get_attribute("datetime")[:10] > before[:10])
    assert rig.own("GET", "clock").json["now"][:10] > before[:10]
    page.says("#figures", "$2.")  # A day of m5.large, and its volume.


def test_events_are_found_by_words_and_opened(page, rig):
    first, second = run(rig, 2)
    page.until(lambda: sum("running" in row for row in page.rows()) == 2)
    page.one("#words").send_keys(f"{second} running")
    page.until(lambda: len(page.rows()) == 1)
    assert second in page.rows()[0] and page.text("#shown").startswith("1 ")
    button = page.one("#events tbody button")
    assert button.get_attribute("aria-expanded") == "false"
    button.send_keys(Keys.ENTER)
    page.says("#events pre", f'"instance-id": "{second}"')
    assert page.one("#events tbody button").get_attribute("aria-expanded") == "true"


def test_a_lane_filters_and_a_span_is_chosen_with_the_keyboard(page, rig):
    instances = run(rig, 2)
    rig.advance(3600)
    rig.client("ec2").terminate_instances(InstanceIds=instances)
    page.until(lambda: sum("terminated" in row for row in page.rows()) == 2)
    lane = page.until(lambda: next(one for one in page.all("#lanes button") if "Instance State-change" in one.text))
    lane.click()
    page.until(lambda: page.rows() and all("Instance State-change" in row for row in page.rows()))
    scrub = page.one("#scrub")
    scrub.send_keys(Keys.HOME)
    page.until(lambda: page.text("#moment"))
    page.one("#scrub").send_keys(Keys.ENTER)
    page.until(lambda: page.one("#whole").is_displayed())
    page.until(lambda: page.rows() and not any("terminated" in row for row in page.rows()))
    page.one("#whole").click()
    page.until(lambda: any("terminated" in row for row in page.rows()))


def test_names_that_look_like_markup_stay_text(page, rig):
    name = "<img src=x onerror=document.title='taken'>"
    scaling, ec2 = rig.client("autoscaling"), rig.client("ec2")
    ec2.create_launch_template(LaunchTemplateName="web", LaunchTemplateData={
        "ImageId": image_of(ec2), "InstanceType": "m5.large"})
    scaling.create_auto_scaling_group(AutoScalingGroupName=name, MinSize=1, MaxSize=1, AvailabilityZones=["us-east-1a"],
                                      LaunchTemplate={"LaunchTemplateName": "web"})
    page.until(lambda: any(name in row for row in page.rows()))
    assert page.driver.title == "Timeline · Ironbird"
    assert page.all("#events img") == [] and page.complaints() == []


def test_a_theme_stays_chosen(page):
    paper = "return getComputedStyle(document.body).backgroundColor"
    page.one("#theme").send_keys("dark")
    page.until(lambda: page.driver.execute_script(paper) == "rgb(20, 24, 29)")
    page.driver.refresh()
    page.until(lambda: page.driver.execute_script(paper) == "rgb(20, 24, 29)")
    page.one("#theme").send_keys("light")
    page.until(lambda: page.driver.execute_script(paper) == "rgb(255, 255, 255)")


def test_a_narrow_window_needs_no_scrolling_sideways(page, rig):
    run(rig)
    page.until(lambda: page.one("#world").is_displayed())
    page.driver.set_window_size(420, 900)
    try:
        wide = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
        page.until(lambda: page.driver.execute_script(wide) == 0)
    finally:
        page.driver.set_window_size(1300, 1100)


def test_a_rig_that_ends_and_one_that_is_emptied_are_noticed(page, rig):
    run(rig)
    page.until(lambda: page.one("#world").is_displayed())
    assert rig.own("POST", "reset").status == 200
    page.until(lambda: page.one("#empty").is_displayed())
    assert rig.stop() == 0
    page.says("#status", "No answer, trying again")
