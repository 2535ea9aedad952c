// Sets the chosen theme and language before the first paint; a classic script, so that nothing flashes.
try {
  var theme = localStorage.getItem("soundyard:theme");
  if (theme === '"light"' || theme === '"dark"') document.documentElement.dataset.theme = JSON.parse(theme);
} catch (error) {
  /* storage is off: the system's theme it is */
}
