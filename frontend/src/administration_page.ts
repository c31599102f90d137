/** Pages of administration and notifications: plain forms; only their style is loaded. */

import "../styles/administration.css";
