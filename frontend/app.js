import "bootstrap/js/dist/dropdown";
import htmx from "htmx.org";

window.htmx = htmx;
