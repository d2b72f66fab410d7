# How all plots of `make hogwild` look; one colour and one mark per schedule everywhere.
set terminal svg size 860,520 font "DejaVu Sans,Verdana,sans-serif,14" background rgb "white"
set encoding utf8
set border 3 lc rgb "#444444"
set tics nomirror out
set grid lc rgb "#dddddd" lw 1 lt 1
set key outside right top Left reverse samplen 3 spacing 1.2 noenhanced
set title noenhanced
set style data linespoints
ORDERED = 1; HOGWILD = 2; ATOMIC = 3; LOCKED = 4; ROUND_ROBIN = 5; AVERAGED = 6
set linetype 1 lc rgb "#000000" lw 2 pt 7 ps 0.7
set linetype 2 lc rgb "#d55e00" lw 2 pt 5 ps 0.7
set linetype 3 lc rgb "#0072b2" lw 2 pt 9 ps 0.8
set linetype 4 lc rgb "#009e73" lw 2 pt 11 ps 0.8
set linetype 5 lc rgb "#cc79a7" lw 2 pt 13 ps 0.9
set linetype 6 lc rgb "#e69f00" lw 2 pt 3 ps 0.8
