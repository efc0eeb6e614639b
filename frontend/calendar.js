import { createCalendar, Interaction, ResourceTimeGrid } from "@event-calendar/core";
import "@event-calendar/core/index.css";

window.EventCalendar = { create: (element, options) => createCalendar(element, [ResourceTimeGrid, Interaction], options) };
