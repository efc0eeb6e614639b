import "img-comparison-slider";
import "img-comparison-slider/dist/styles.css";
