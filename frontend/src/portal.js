// What the portal's pages do in the browser; everything also works as plain links and forms.
import "./trusted.js"; // before anything parses HTML
import htmx from "htmx.org";
import { Idiomorph } from "idiomorph/htmx";
import { tickAges } from "./ages.js";
import { insertCannedReplies } from "./canned.js";
import { copyOnClick } from "./copy.js";
import { listenForKeys } from "./keys.js";
import { moveBetweenCells } from "./matrix.js";
import { closeMenusOutside } from "./menus.js";
import { findEverywhere } from "./palette.js";
import { usePasskeys } from "./passkeys.js";
import { keepFilesInStep, keepWhatThePersonDoes, restWhenHidden, showWhatIsAskedFirst, signInAgain, tellRefreshesApart } from "./refresh.js";
import { switchThemeAtOnce } from "./theme.js";
import { showUploads } from "./uploads.js";
import { keepTheWallHonest } from "./wall.js";
import { dismissToasts, toastOnErrors } from "./toasts.js";

Object.assign(htmx.config, {
  allowEval: false,
  allowScriptTags: false,
  historyCacheSize: 0, // copies of pages in the browser's storage would outlive the sign-out
  refreshOnHistoryMiss: true,
  includeIndicatorStyles: false,
  selfRequestsOnly: true,
  scrollBehavior: "auto",
  timeout: 20000,
});

keepWhatThePersonDoes(Idiomorph);
restWhenHidden(htmx);
tellRefreshesApart();
keepFilesInStep();
signInAgain();
showWhatIsAskedFirst();
switchThemeAtOnce();
closeMenusOutside();
listenForKeys();
moveBetweenCells();
copyOnClick();
insertCannedReplies();
toastOnErrors();
dismissToasts();
tickAges(htmx);
findEverywhere(htmx);
usePasskeys();
showUploads();
keepTheWallHonest();
