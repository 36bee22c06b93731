// The time zones that the browser knows are offered by name while one is typed.
document.getElementById("zones").append(...Intl.supportedValuesOf("timeZone").map((zone) => new Option(zone)));
